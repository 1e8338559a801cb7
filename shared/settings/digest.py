"""The settings hash: SHA-256 over versioned, readable text."""

import hashlib
import re
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

_ALWAYS: Final = Settings.__struct_fields__[: Settings.__struct_fields__.index("awards") + 1]
"""The fields of the first version. Later ones are in the text only where they differ from their default, so that
settings that do not use them keep their hash."""

_DEFAULTS: Final = {field.name: field.default for field in msgspec.structs.fields(Settings)}
_FORM: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


def settings_text(settings: Settings) -> str:
    """Return settings as text, one field per line, only those that affect the kind's picture."""
    values = {name: getattr(settings, name) for name in FIELDS[settings.kind]}
    written = {name: value for name, value in values.items() if name in _ALWAYS or value != _DEFAULTS[name]}
    lines = [f"marquee look {VERSION}"]
    lines += [f"{name} {_spell(value)}".rstrip() for name, value in written.items()]
    return "\n".join(lines) + "\n"


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
