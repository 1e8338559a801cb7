"""Removes from the packages of an image what no process of it can read, and checks that the rest still works.

Only files inside packages go. What names a package, its version and its licence (``*.dist-info``) stays, so scanners
and people see every package. Each entry of `UNUSED` says why nothing reads it.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.image.commands import run

PROBE_S: Final = 60.0
MIB: Final = 1 << 20


@dataclass(frozen=True)
class Unused:
    """Files or folders of one package that nothing reads.

    ``patterns`` are globs within ``folder``; a path that matches one of ``kept`` stays.
    """

    folder: str
    patterns: tuple[str, ...]
    kept: tuple[str, ...] = ()


UNUSED: Final = (
    # Tests of the packages, stubs for type checkers, and sources and headers for compilers.
    Unused(
        ".", ("*/tests", "*/*/tests", "*/testing/suite", "**/*.pyi", "**/*.py[xd]", "**/*.pxi", "**/*.[ch]", "**/*.a")
    ),
    Unused("numpy", ("f2py", "distutils", "random", "polynomial", "ma", "fft", "testing", "typing", "_core/*_tests.*")),
    # Models of several hundred services of AWS; those that stay find credentials.
    Unused("botocore/data", ("*",), ("*.json", "s3", "sso", "sso-oidc", "signin", "sts")),
    # A codec each, with its libraries; these decode WebP and unusual JPEGs.
    Unused("imagecodecs", ("_*.so",), ("_webp.*", "_jpeg8.*", "_shared*.*")),
    Unused("imagecodecs.libs", ("*",), ("libwebp-*", "libwebpdemux-*", "libsharpyuv-*", "libjpeg-*")),
    Unused("pymupdf_fonts", ("*_*.py",), ("__init__.py", "FiraGO_Bold.py")),
    Unused("sqlalchemy", ("dialects/mssql", "dialects/mysql", "dialects/oracle", "dialects/sqlite", "testing")),
    Unused("alembic", ("templates", "testing")),
    # Colours for source code, which is printed by the traceback of an operator's command: Python only.
    Unused("pygments/lexers", ("*.py",), ("__init__.py", "_mapping.py", "python.py", "special.py")),
)

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
        folder = site / entry.folder
        for path in sorted(_found(folder, entry.patterns, entry.kept)):
            _remove(path)
    return (before - size(site)) // MIB


def check(python: Path, role: str) -> None:
    """Run `PROGRAMS` of ``role`` with the trimmed packages. Raises CommandFailed."""
    run([python, "-c", PROGRAMS[role]], seconds=PROBE_S)


def size(folder: Path) -> int:
    """Return the bytes that the files below ``folder`` occupy on a disk with blocks of 512 bytes."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def _found(folder: Path, patterns: Iterable[str], kept: Iterable[str]) -> Iterator[Path]:
    for pattern in patterns:
        for path in folder.glob(pattern):
            if not any(path.match(name) for name in kept) and not _is_metadata(path, folder):
                yield path


def _is_metadata(path: Path, folder: Path) -> bool:
    """Return whether ``path`` is or is in a ``*.dist-info``, where scanners look."""
    return ".dist-info" in str(path.relative_to(folder))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
