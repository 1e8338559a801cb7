"""Describes the machine that was measured."""

import importlib.metadata
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil
from PIL import features

from renderer.drawing.picture import VERSION

_PACKAGES: Final = (
    "aiohttp", "uvloop", "yarl", "asyncpg", "redis", "hiredis", "aiobotocore", "moto", "msgspec", "simplejpeg",
)  # fmt: skip


def describe(stores: dict[str, str]) -> str:
    """Return the machine, the versions and the time, as lines of Markdown; ``stores`` names versions of servers."""
    cpu, load = _cpu() or platform.machine(), os.getloadavg()[0]
    memory_gib = psutil.virtual_memory().total / (1 << 30)
    packages = {name: importlib.metadata.version(name) for name in _PACKAGES}
    jpeg = f"libjpeg-turbo {features.version_feature('libjpeg_turbo') or 'none'}"
    versions = {"python": platform.python_version(), **packages, "pixels": f"{VERSION} ({jpeg})", **stores}
    return "\n".join(
        [
            f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.system()} {platform.release().partition('-')[0]}",
            f"- {cpu}, {os.cpu_count()} cores, {memory_gib:.1f} GiB; load average at the start {load:.2f}",
            f"- {', '.join(f'{name} {version}' for name, version in versions.items())}",
        ]
    )


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
