"""An API key as a request meets it: its limit, its overrides and its profiles."""

from typing import Final

import msgspec

from gateway.settings.bounded_memo import bounded_memo
from shared.domain.pictures import Kind

PROFILES_BYTES: Final = 16 << 20
"""Profiles in parsed form."""


class ApiKey(msgspec.Struct, frozen=True, gc=False):
    """An API key; ``monthly_limit`` is in pictures, 0 means no limit."""

    id: int
    monthly_limit: int = 0
    is_free: bool = False
    is_direct: bool = False
    """Whether pictures are proxied, because its client does not follow redirects."""
    overrides: str = ""
    """Its overrides for all kinds, as text that :mod:`gateway.settings.layers` reads."""
    profiles: str = ""
    """JSON: for each profile's name, its kind and its overrides."""

    def profile(self, name: str) -> tuple[Kind, str] | None:
        """Return the kind and the overrides of a profile, or ``None`` if there is no such profile."""
        return _profiles(self.profiles).get(name) if self.profiles else None

    def all_profiles(self) -> list[tuple[Kind, str]]:
        """Return the kind and the overrides of every profile."""
        return list(_profiles(self.profiles).values()) if self.profiles else []


@bounded_memo(PROFILES_BYTES)
def _profiles(text: str) -> dict[str, tuple[Kind, str]]:
    return msgspec.json.decode(text, type=dict[str, tuple[Kind, str]])
