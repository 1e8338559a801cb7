"""Removes from the packages of an image what no process of it can read, and checks that the rest still works.

Only files inside packages go. What names a package, its version and its licence (``*.dist-info``) stays, so scanners
and people see every package. ``unused.toml`` says why nothing reads it.
"""

import shutil
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from deploy.image.commands import run

PROBE_S: Final = 60.0
MIB: Final = 1 << 20


class Unused(NamedTuple):
    """Files or folders of one package that nothing reads, as ``unused.toml`` has them."""

    folder: str
    patterns: Sequence[str]
    kept: Sequence[str] = ()


_FILE: Final = Path(__file__).with_name("unused.toml")
UNUSED: Final = tuple(Unused(**entry) for entry in tomllib.loads(_FILE.read_text())["unused"])

PROGRAMS: Final[Mapping[str, str]] = {
    "gateway": (
        "import alembic.command, argon2, jinja2, jwt\n"
        "import sqlalchemy.ext.asyncio, sqlalchemy.dialects.postgresql.asyncpg"
    ),
    "renderer": (
        "import numpy, pymupdf_fonts, simplejpeg, resvg_py\n"
        "from aiobotocore.session import get_session\n"
        "from imagecodecs import jpeg8_decode, jpeg8_encode, webp_decode, webp_encode\n"
        "art = numpy.full((16, 16, 3), 128, numpy.uint8)\n"
        "assert abs(webp_decode(webp_encode(art)).mean() - 128) < 4\n"
        "assert abs(jpeg8_decode(jpeg8_encode(art)).mean() - 128) < 4\n"
        "assert pymupdf_fonts.fontbuffers['figbo']()\n"
        "assert {'s3', 'sso', 'sso-oidc', 'sts'} <= set(get_session().get_available_services())"
    ),
}
"""For each image, code that uses what was made smaller."""


def trim(site: Path) -> int:
    """Remove what `UNUSED` names from a folder of packages and return how many MiB that freed."""
    before = size(site)
    for entry in UNUSED:
        for path in sorted(_found(site / entry.folder, entry)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    return (before - size(site)) // MIB


def check(python: Path, role: str) -> None:
    """Run `PROGRAMS` of ``role`` with the trimmed packages. Raises CommandFailed."""
    run([python, "-c", PROGRAMS[role]], seconds=PROBE_S)


def size(folder: Path) -> int:
    """Return the bytes that the files below ``folder`` occupy on a disk with blocks of 512 bytes."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def _found(folder: Path, entry: Unused) -> Iterator[Path]:
    for pattern in entry.patterns:
        for path in folder.glob(pattern):
            # Scanners look in a package's metadata.
            if not any(map(path.match, entry.kept)) and ".dist-info" not in str(path.relative_to(folder)):
                yield path
