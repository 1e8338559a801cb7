"""Logs are for people at a terminal, and for programs elsewhere."""

import os
from pathlib import Path

from deploy.dev.local.terminal import log_format


def test_logs_are_for_people_at_a_terminal_only(tmp_path: Path) -> None:
    ours, terminal = os.openpty()
    with (tmp_path / "log").open("wb") as file:
        formats = [log_format(terminal), log_format(file.fileno())]
    os.close(ours)
    os.close(terminal)

    assert ["console", "json"] == formats
