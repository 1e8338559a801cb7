"""The document of the parameters: `docs/parameters.md` with its pictures; ``make docs`` writes both."""
