"""Which addresses of a Fanart.tv response pictures may be downloaded from."""

import re
from typing import Final

from yarl import URL

_PICTURE: Final = re.compile(
    r"https?://(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?/[^?#\\]{1,800}\.(?:jpe?g|png|webp)",
    re.ASCII | re.IGNORECASE,
)
_FANART_HOST: Final = re.compile(r"(?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}fanart\.tv", re.ASCII)


class PictureHosts:
    """The hosts that pictures may be downloaded from: those of fanart.tv, and the configured API host.

    A row contains a whole URL from an untrusted user. Any other host could be one of the internal network.
    """

    def __init__(self, api_url: str) -> None:
        api = URL(api_url)
        self._is_secure = api.scheme == "https"
        self._own = (api.raw_host, api.port)

    def address(self, written: str) -> str | None:
        """Return the normalised URL, ``None`` if downloads from it are not allowed.

        ``http`` becomes ``https`` if the API itself uses ``https``; characters not allowed in a URL are escaped.
        """
        if not written.isprintable() or not _PICTURE.fullmatch(written):
            return None
        try:
            url = URL(written)
        except ValueError:  # such as a port above 65535
            return None
        if self._is_secure and url.scheme == "http":
            is_default = url.is_default_port()
            url = url.with_scheme("https")
            url = url.with_port(None) if is_default else url
        host = url.raw_host or ""
        is_fanart = bool(_FANART_HOST.fullmatch(host)) and url.is_default_port()
        return str(url) if is_fanart or (host, url.port) == self._own else None
