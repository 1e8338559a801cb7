"""Addresses of stored pictures."""

from shared.domain.ids import MediaId
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash


def storage_key(settings_hash: SettingsHash, media: MediaId, fmt: Format) -> str:
    """Return where the picture of this title with this look is kept: the same for every id of the title."""
    return f"c/{settings_hash}/{media}.{fmt}"
