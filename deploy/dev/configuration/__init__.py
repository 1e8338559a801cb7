"""The document of the configuration: `docs/configuration.md`; ``make docs`` writes its tables from the code."""
