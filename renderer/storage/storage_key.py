"""Keys of stored pictures."""

from urllib.parse import quote

from shared.domain.ids import MediaId
from shared.domain.pictures import Format
from shared.settings.digest import SettingsHash


def storage_key(settings_hash: SettingsHash, media: MediaId, fmt: Format) -> str:
    """Return the key of a title's picture with these settings; it is the same for every external id of the title."""
    return f"c/{settings_hash}/{media}.{fmt}"


def object_url(base_url: str, key: str) -> str:
    """Return the address of an object below the public base URL of its bucket."""
    return f"{base_url}/{quote(key, safe='/~')}"
