"""A pytest plugin that measures the lines and branches of the product that tests run, and fails below the floor.

``PYTEST_PLUGINS=tests.coverage_gate`` loads it in every process of a run, before anything of the product is imported.
It measures with SlipCover, which removes its probes once they have fired: on Python 3.11 the tests of shared took 20 s
of CPU with it, 19 s without coverage, and 35 s with the tracer of coverage.py. To remove probes it looks at every
function of every module, by itself as soon as one has fired 50 times: 766 tests of both processes then took 39 s of
CPU, without coverage 29 s, and as below 26 s.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

import pytest
import slipcover
from slipcover.config import read_config

CONFIG: Final[dict[str, Any]] = read_config()
"""``[tool.slipcover]`` of pyproject.toml."""

SOURCE: Final = CONFIG["source"].split(",")
FLOOR: Final = float(CONFIG["fail-under"])

_MOST_FIRED: Final = 2_000
"""How often a probe fires in vain before all that have fired are removed."""

_RESULT: Final = "coverage"
_MEASURED: Final = pytest.StashKey[list[dict[str, Any]]]()

_probes: Final = slipcover.Slipcover(branch=True, source=SOURCE, d_miss_threshold=_MOST_FIRED)
_imports: Final = slipcover.ImportManager(_probes, slipcover.FileMatcher(sources=SOURCE))
_imports.__enter__()  # for as long as the process lives


def pytest_configure(config: pytest.Config) -> None:
    """Collect what is measured."""
    config.stash[_MEASURED] = []


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker measured; a worker that crashed has measured nothing."""
    output = getattr(node, "workeroutput", {})
    if _RESULT in output:
        node.config.stash[_MEASURED].append(json.loads(output[_RESULT]))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Pass on what this process measured; in the last process, fail below the floor."""
    measured = _probes.get_coverage()
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_RESULT] = json.dumps(measured)
        return
    results = session.config.stash[_MEASURED]
    results.append(measured)
    if session.exitstatus == pytest.ExitCode.OK and percent(results) < FLOOR:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List the files that are not covered whole, and the total."""
    results = config.stash[_MEASURED]
    total = percent(results)
    slipcover.print_coverage(results[0], outfile=terminalreporter, skip_covered=True)
    verdict = "reached" if total >= FLOOR else "NOT reached"
    terminalreporter.write_line(f"Required coverage of {FLOOR} % {verdict}: {total:.2f} % of lines and branches.")


def percent(results: list[dict[str, Any]]) -> float:
    """Merge all results into the first one; return the share of lines and branches that ran, in percent."""
    first, *others = results
    merge(first, others)
    del results[1:]
    return float(first["summary"]["percent_covered"])


def merge(first: dict[str, Any], others: Iterable[dict[str, Any]]) -> None:
    """Merge results into the first one."""
    for other in others:
        slipcover.merge_coverage(first, other)
