"""The generated part of `docs/configuration.md`: a table of variables for each section.

Who reads each variable, and with which default, is recorded while both configs are read.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from deploy.dev.documents.generated_block import with_block
from gateway.config import read_gateway
from renderer.config import read_renderer
from shared.config.environment import Address, Environment
from shared.config.variables import VARIABLES, Variable

_BEGIN: Final = "<!-- written by make docs from shared/config/variables.toml and the code -->"
_END: Final = "<!-- end of the variables -->"
_REQUIRED: Final = "required"
_NONE: Final = "none"
_BOTH: Final = 2

_COMPLETE: Final[Mapping[str, str]] = {
    "DATABASE_URL": "postgresql://postgres@127.0.0.1/marquee",
    "REDIS_URL": "redis://127.0.0.1/0",
    "CONTENT_BASE_URL": "http://127.0.0.1:3001",
    "JWT_SECRET": "0" * 64,
    "S3_BUCKET": "pictures",
    "TMDB_API_KEY": "tmdb",
    "MDBLIST_API_KEY": "mdblist",
    "CLOUDFLARE_ZONE_ID": "0" * 32,
    "CLOUDFLARE_API_TOKEN": "token",
}
"""What must be set for every variable to be read."""


class Reader(msgspec.Struct, frozen=True):
    """A process that reads a variable, and its default as a person writes it."""

    process: str
    default: str


def page(document: str) -> str:
    """Return the document as it should be. Raises ``NoSuchBlock``."""
    return with_block(document, _BEGIN, _END, "\n\n".join(_sections()))


def _sections() -> Iterator[str]:
    read = readers()
    for section, variables in VARIABLES.items():
        rows = [_row(name, variable, read[name]) for name, variable in variables.items()]
        head = [f"## {section}\n", "| Variable | Default | For | Meaning |", "| --- | --- | --- | --- |"]
        yield "\n".join([*head, *rows])


def _row(name: str, variable: Variable, read: list[Reader]) -> str:
    who = "both" if len(read) == _BOTH else read[0].process
    default = variable.default or ", ".join(dict.fromkeys(reader.default for reader in read))
    return f"| `{name}` | {default} | {who} | {variable.meaning} |"


def readers() -> dict[str, list[Reader]]:
    """Return the processes that read each variable."""
    found: dict[str, list[Reader]] = {}
    for process, read in (("gateway", read_gateway), ("renderer", read_renderer)):
        env = _Recording(_COMPLETE)
        read(env)
        for name, default in env.defaults.items():
            found.setdefault(name, []).append(Reader(process, default))
    return found


class _Recording(Environment):
    """Remembers the default that each variable is read with."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        self.defaults: dict[str, str] = {}

    def optional(self, name: str) -> str | None:
        """Read a variable, which has no default unless it is read in another way too."""
        self.defaults.setdefault(name, _NONE)
        return super().optional(name)

    def text(self, name: str, default: str | None = None) -> str:
        """Read a text, which may be required."""
        self.defaults[name] = _REQUIRED if default is None else f"`{default}`"
        return super().text(name, default)

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Read a number."""
        self.defaults[name] = f"`{default}`"
        return super().whole(name, default, low, high)

    def share(self, name: str, default: float) -> float:
        """Read a fraction."""
        self.defaults[name] = f"`{default}`"
        return super().share(name, default)

    def flag(self, name: str, *, default: bool) -> bool:
        """Read a switch."""
        self.defaults[name] = f"`{str(default).lower()}`"
        return super().flag(name, default=default)

    def urls(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Read addresses."""
        self.defaults[name] = f"`{','.join(default)}`"
        return super().urls(name, default)

    def address(self, name: str, default: str) -> Address:
        """Read where a server listens."""
        self.defaults[name] = f"`{default}`"
        return super().address(name, default)
