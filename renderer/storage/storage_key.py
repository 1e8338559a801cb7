"""Keys of stored pictures."""

from shared.domain.ids import MediaId
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash


def storage_key(settings_hash: SettingsHash, media: MediaId, fmt: Format) -> str:
    """Return the key of a title's picture with these settings; it is the same for every external id of the title."""
    return f"c/{settings_hash}/{media}.{fmt}"
