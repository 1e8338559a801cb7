"""Sets a new version everywhere it is named: `python -m deploy.dev.release 1.2.3`.

The version is defined in `shared/domain/version.py`; the other places repeat it for tools that do not read Python.
docs/releasing.md says what to do before and after.
"""

import re
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = "shared/domain/version.py"

PLACES: Final = {
    SOURCE: r'(?<=^VERSION: Final = ").+(?="$)',
    "pyproject.toml": r'(?<=^version = ").+(?="$)',
    "helm/marquee/Chart.yaml": r'(?<=^version: )\S+$|(?<=^appVersion: ").+(?="$)',
    "deploy/image/Dockerfile": r"(?<=^ARG VERSION=).+$",
    "deploy/README.md": r"(?<=-t marquee/renderer:)\S+",
}
"""Each file that names the version, and a pattern that matches the version alone."""

CHANGELOG: Final = "CHANGELOG.md"
_UNRELEASED: Final = "## [Unreleased]\n"
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?")


class CannotRelease(Exception):
    """The tree cannot be given this version; the text says why."""


def found(root: Path, place: str) -> list[str]:
    """Return every version that is named."""
    return re.findall(PLACES[place], (root / place).read_text(), re.MULTILINE)


def release(root: Path, version: str, day: date) -> None:
    """Write ``version`` everywhere and use it for the changelog's unreleased section.

    Raises CannotRelease, before anything is written, for an invalid version or an empty unreleased section.
    """
    if not _VERSION.fullmatch(version):
        raise CannotRelease(f"{version!r} is not a semantic version such as 1.2.3")
    changelog = _released((root / CHANGELOG).read_text(), version, day)
    texts = {
        place: re.sub(pattern, version, (root / place).read_text(), flags=re.MULTILINE)
        for place, pattern in PLACES.items()
    }
    for place, text in {**texts, CHANGELOG: changelog}.items():
        (root / place).write_text(text)


def _released(changelog: str, version: str, day: date) -> str:
    before, heading, after = changelog.partition(_UNRELEASED)
    if not heading or not after.partition("\n## ")[0].strip():
        raise CannotRelease(f"{CHANGELOG} lists nothing under {_UNRELEASED.strip()}")
    return f"{before}{_UNRELEASED}\n## [{version}] - {day.isoformat()}\n{after}"


def main(arguments: Sequence[str]) -> int:
    """Release the version named in ``arguments``; returns the exit code."""
    if len(arguments) != 1:
        print("usage: make release VERSION=x.y.z", file=sys.stderr)
        return 2
    try:
        release(ROOT, arguments[0], datetime.now(UTC).date())
    except CannotRelease as exc:
        print(f"release: {exc}", file=sys.stderr)
        return 1
    print(f"release: {arguments[0]}; docs/releasing.md has the next steps")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
