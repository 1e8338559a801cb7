"""Processes load no library that only another library would use, and commands can still load it."""

import subprocess
import sys

import pytest

LOADED = "import sys, {process}.__main__; print(*{{name.partition('.')[0] for name in sys.modules}})"


NEVER = {"rich", "pygments", "opentelemetry", "cryptography"}
LATER = {"jinja2", "langcodes", "markdown_it"}


@pytest.mark.parametrize(("process", "others"), [("gateway", NEVER | LATER), ("renderer", NEVER)])
def test_a_process_loads_no_library_that_it_does_not_use_or_not_yet(process: str, others: set[str]) -> None:
    ended = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", LOADED.format(process=process)], capture_output=True, text=True, check=True, timeout=60
    )

    loaded = set(ended.stdout.split())
    assert {"structlog", "redis", "aiohttp"} <= loaded
    assert set() == others & loaded


def test_a_library_that_was_kept_out_can_be_imported_later() -> None:
    script = (
        "import sys; from shared.lean_imports import import_without; import_without('structlog', 'rich');"
        "assert 'rich' not in sys.modules; import rich.table; print(rich.table.Table.__name__)"
    )

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)  # noqa: S603 - ours

    assert ["Table"] == ended.stdout.split()
