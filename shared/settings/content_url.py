"""The content URL, on which gateway, content server and CDN agree."""

from shared.domain.ids import ExternalId
from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash


def content_path(settings_hash: SettingsHash, title: ExternalId, kind: Kind, fmt: Format) -> str:
    """Return the path of a picture, to which the gateway redirects."""
    return f"/c/{settings_hash}/{title.id_type}/{kind}-default/{title.in_address}.{fmt}"
