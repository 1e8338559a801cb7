"""The settings hash: SHA-256 over versioned, readable text."""

import hashlib
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NewType

import msgspec

from shared.domain.errors import UnknownSettings
from shared.settings.model import Settings
from shared.settings.parameters import FIELDS

SettingsHash = NewType("SettingsHash", str)
"""32 lower-case hex digits."""

VERSION: Final = 1
"""Raised when the same text must lead to another picture; old pictures stay available under their old hashes."""

_LAST_OF_ALWAYS: Final = Settings.__struct_fields__.index("awards")
_ALWAYS: Final = frozenset(Settings.__struct_fields__[: _LAST_OF_ALWAYS + 1])
_DEFAULTS: Final = {field.name: field.default for field in msgspec.structs.fields(Settings)}

_FORM: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


def settings_text(settings: Settings) -> str:
    """Return settings as text, one field per line, only those that affect the kind's picture; with a design, all.

    Fields that were added after the first hashes were given out are left out while they hold their default, so that
    those hashes stay as they are.
    """
    lines = [f"marquee look {VERSION}"]
    lines += [f"{name} {_spell(getattr(settings, name))}".rstrip() for name in _named(settings)]
    return "\n".join(lines) + "\n"


def _named(settings: Settings) -> Iterator[str]:
    # A design shows on any kind what parameters do for a few.
    for name in Settings.__struct_fields__ if settings.design else FIELDS[settings.kind]:
        if name in _ALWAYS or getattr(settings, name) != _DEFAULTS[name]:
            yield name


def settings_hash(settings: Settings) -> SettingsHash:
    """Return the hash of settings: the first 32 hex digits of SHA-256 over their text."""
    return SettingsHash(hashlib.sha256(settings_text(settings).encode()).hexdigest()[:32])


def parse_hash(text: str) -> SettingsHash:
    """Parse a hash from a URL. Raises ``UnknownSettings`` for anything else."""
    if not _FORM.fullmatch(text):
        raise UnknownSettings("malformed settings hash")
    return SettingsHash(text)


def _spell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    if isinstance(value, StrEnum):
        return value.value
    return str(value)
