"""Checks the files of certificates that a URL names, so that a wrong one is refused at the start."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared.config.environment import ConfigError

_OWN_ROOTS: Final = Path("~/.postgresql/root.crt")
_FILES: Final = ("sslrootcert", "sslcert", "sslkey", "sslcrl")


def check_tls_files(variable: str, tls: Mapping[str, str], *, skip_roots: bool) -> None:
    """Return when every file that libpq's parameters name can be used. Raises ``ConfigError`` naming the parameter."""
    for name in _FILES:
        if name in tls and not (skip_roots and name == "sslrootcert"):
            _check_readable(variable, name, tls[name])
    mode = tls.get("sslmode", "prefer")
    if mode in {"verify-ca", "verify-full"} and "sslrootcert" not in tls and not _OWN_ROOTS.expanduser().exists():
        raise ConfigError(
            f"{variable}: sslmode={mode} needs sslrootcert: a file, or system for the system's own roots."
        )
    if "sslkey" in tls and "sslcert" not in tls:
        raise ConfigError(f"{variable}: sslkey needs sslcert.")
    _check_certificates(variable, tls, skip_roots=skip_roots)


def _check_readable(variable: str, name: str, path: str) -> None:
    try:
        with Path(path).open("rb"):
            pass
    except (OSError, ValueError):
        raise ConfigError(f"{variable}: the file of {name} cannot be read.") from None


def _check_certificates(variable: str, tls: Mapping[str, str], *, skip_roots: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for name in ("sslrootcert", "sslcrl"):
        if name in tls and not (skip_roots and name == "sslrootcert"):
            try:
                context.load_verify_locations(cafile=tls[name])
            except (ssl.SSLError, ValueError):
                raise ConfigError(f"{variable}: the file of {name} has no certificates in PEM.") from None
    if "sslcert" in tls:
        try:
            context.load_cert_chain(tls["sslcert"], tls.get("sslkey"), lambda: tls.get("sslpassword", ""))
        except (ssl.SSLError, ValueError):
            raise ConfigError(f"{variable}: sslcert, sslkey and sslpassword do not belong together.") from None
