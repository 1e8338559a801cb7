"""Translates pip's settings on this machine for uv, which does not read them.

Without this, on a machine behind a mirror or a proxy, installing would work with pip and fail with uv.
"""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

_LINE = re.compile(r"^(?:global|install|:env:)\.([\w-]+)=(.+)$", re.MULTILINE)

_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
_SEPARATORS = {"UV_FIND_LINKS": ","}


def uv_environment(pip_config: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that give uv the settings printed by ``pip config list``; variables already set stay."""
    found: dict[str, str] = {}
    for name, quoted in _LINE.findall(pip_config):
        variable = _NAMES.get(name)
        if variable is None or variable in environment:
            continue
        words = [word for word in str(ast.literal_eval(quoted)).split() if variable != "UV_FIND_LINKS" or _exists(word)]
        if words:
            found[variable] = _SEPARATORS.get(variable, " ").join(words)
    return found


def _exists(place: str) -> bool:
    """Pip ignores a folder that does not exist; uv refuses to run with one."""
    return "://" in place or Path(place).exists()
