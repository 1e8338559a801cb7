"""Installs the Debian packages that some tests need, if possible; without one, those tests are skipped."""

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from deploy.image.commands import can_install_packages, install_packages

HEADLESS_CHROMIUM = "chromium-headless-shell"
"""Chromium without windows and menus: a test of a page takes little more than half the processor time with it."""

FOR_TESTS = {
    "nginx-light": ("nginx", "behind a CDN are skipped"),
    HEADLESS_CHROMIUM: (HEADLESS_CHROMIUM, "in a browser use chromium, which takes longer, or are skipped without it"),
    "pgbouncer": ("pgbouncer", "behind a pooler of Postgres connections are skipped"),
    "prometheus": ("promtool", "of the alerts, and with a real Prometheus, are skipped"),
}
"""The program in each package, and what becomes of which tests without it."""

SERVICE_MANAGER = Path("/run/systemd/system")


def install(unavailable: Collection[str]) -> list[str]:
    """Install what is missing and return the packages that are unavailable.

    ``unavailable`` names those that an earlier call could not install; they are not tried again.
    """
    missing = [package for package in _missing() if package not in unavailable]
    if not missing:
        return []
    if reason := _reason_against():
        _tell(missing, reason)
        return []
    print(f"set-up: installing {' '.join(missing)}", flush=True)
    if not install_packages(*missing):
        # A package that this distribution lacks keeps apt-get from installing the others.
        for package in _missing():
            install_packages(package)
    missing = [package for package in _missing() if package not in unavailable]
    _tell(missing, "apt-get cannot install it")
    return missing


def chromium() -> str | None:
    """Return the path of a Chromium that needs no screen, or ``None`` if this machine has none."""
    return next(filter(None, map(shutil.which, (HEADLESS_CHROMIUM, "chromium", "chromium-browser"))), None)


def _missing() -> list[str]:
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
    return [package for package, (program, _) in FOR_TESTS.items() if shutil.which(program, path=path) is None]


def _reason_against() -> str | None:
    if not can_install_packages():
        return "it needs root and apt-get to install"
    if SERVICE_MANAGER.exists():
        return "a service manager would start it on a public port: install it by hand if you want that"
    return None


def _tell(missing: list[str], reason: str) -> None:
    for package in missing:
        print(f"set-up: no {package} ({reason}), so the tests {FOR_TESTS[package][1]}", flush=True)
