"""Recorded answers and pictures, and inputs that failed. They lie beside a checkout; without them their tests skip."""

from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared"
FIXTURES = _BESIDE / "fixtures"
CASES = _BESIDE / "cases"


def needs(path: Path) -> pytest.MarkDecorator:
    """Return a mark for tests that read what is recorded there."""
    return pytest.mark.skipif(not path.exists(), reason=_reason(path))


def recorded(path: Path) -> Path:
    """Return the path, or skip the test that asks where nothing is recorded there."""
    if not path.exists():
        pytest.skip(_reason(path))
    return path


def _reason(path: Path) -> str:
    return f"{path.relative_to(_BESIDE)} is not beside this checkout"
