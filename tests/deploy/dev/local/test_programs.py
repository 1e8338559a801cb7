import shutil
from pathlib import Path

import pytest

from deploy.dev.local import programs as subject


class Machine:
    """A machine with some programs, on which some Debian packages can be installed."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *, has: set[str], offers: set[str], service_manager: Path
    ) -> None:
        self.has, self.offers = has, offers
        self.calls: list[tuple[str, ...]] = []
        monkeypatch.setattr(shutil, "which", lambda name, **_: name if name in self.has else None)
        monkeypatch.setattr(subject, "install_packages", self.install)
        monkeypatch.setattr(subject, "can_install_packages", lambda: True)
        monkeypatch.setattr(subject, "SERVICE_MANAGER", service_manager)

    def install(self, *names: str) -> bool:
        self.calls.append(names)
        is_offered = set(names) <= self.offers
        if is_offered:
            self.has |= {subject.FOR_TESTS[name][0] for name in names}
        return is_offered


def test_everything_that_is_missing_is_installed_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = Machine(
        monkeypatch,
        has={"chromium-headless-shell", "pgbouncer"},
        offers={"nginx-light", "prometheus"},
        service_manager=tmp_path / "none",
    )

    assert [] == subject.install([])
    assert [("nginx-light", "prometheus")] == machine.calls


def test_a_package_that_does_not_exist_keeps_no_other_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offers = {"nginx-light", "chromium-headless-shell", "pgbouncer"}
    machine = Machine(monkeypatch, has=set(), offers=offers, service_manager=tmp_path / "none")

    missing = subject.install([])

    assert ["prometheus"] == missing
    assert {"nginx", "chromium-headless-shell", "pgbouncer"} == machine.has
    assert "no prometheus (apt-get cannot install it), so the tests of the alerts" in capsys.readouterr().out


def test_what_could_not_be_had_is_not_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    has = {"nginx", "chromium-headless-shell", "pgbouncer"}
    machine = Machine(monkeypatch, has=has, offers=set(), service_manager=tmp_path / "none")

    assert [] == subject.install(["prometheus"])
    assert [] == machine.calls


def test_a_service_manager_or_missing_rights_are_the_reason_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    has = {"nginx", "promtool", "pgbouncer"}
    machine = Machine(monkeypatch, has=has, offers={"chromium-headless-shell"}, service_manager=tmp_path)

    assert [] == subject.install([])
    monkeypatch.setattr(subject, "can_install_packages", lambda: False)
    assert [] == subject.install([])

    first, second = capsys.readouterr().out.splitlines()
    assert [] == machine.calls
    assert first.startswith("set-up: no chromium-headless-shell (a service manager would start it")
    assert second.startswith("set-up: no chromium-headless-shell (it needs root")


@pytest.mark.parametrize(
    ("has", "chosen"),
    [
        ({"chromium", "chromium-headless-shell"}, "chromium-headless-shell"),
        ({"chromium", "chromium-browser"}, "chromium"),
        ({"chromium-browser"}, "chromium-browser"),
        (set(), None),
    ],
)
def test_pages_are_opened_with_the_lightest_chromium_there_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, has: set[str], chosen: str | None
) -> None:
    Machine(monkeypatch, has=has, offers=set(), service_manager=tmp_path)

    assert chosen == subject.chromium()
