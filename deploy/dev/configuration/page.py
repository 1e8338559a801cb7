"""The generated part of `docs/configuration.md`: a table of variables for each section."""

from collections.abc import Iterator
from typing import Final

from deploy.dev.configuration.defaults import Reader, readers
from deploy.dev.document import with_block
from shared.config.variables import VARIABLES, Variable

_BEGIN: Final = "<!-- written by make docs from shared/config/variables.toml and the code -->"
_END: Final = "<!-- end of the variables -->"
_BOTH: Final = 2


def page(document: str) -> str:
    """Return the document as it should be. Raises ``NoSuchBlock``."""
    return with_block(document, _BEGIN, _END, "\n\n".join(_sections()))


def _sections() -> Iterator[str]:
    read = readers()
    for section, variables in VARIABLES.items():
        rows = [_row(name, variable, read[name]) for name, variable in variables.items()]
        yield "\n".join(
            [f"## {section}\n", "| Variable | Default | For | Meaning |", "| --- | --- | --- | --- |", *rows]
        )


def _row(name: str, variable: Variable, read: list[Reader]) -> str:
    who = "both" if len(read) == _BOTH else read[0].process
    default = variable.default or ", ".join(dict.fromkeys(reader.default for reader in read))
    return f"| `{name}` | {default} | {who} | {variable.meaning} |"
