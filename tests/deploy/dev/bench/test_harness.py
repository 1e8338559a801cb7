"""Processor time is that of a process with all that it started, and what others used is what remains."""

import os
import subprocess
import sys
import time

import pytest

from deploy.dev.bench.harness import beside, cpu_s, family_cpu_s, machine_cpu_s, memory_mb

BURN = "import time\nwhile time.process_time() < 0.4: pass"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}]); print(flush=True); input()"
_TICK_S = 0.02


def test_children_that_have_ended_count_for_the_process_that_started_them() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:  # noqa: S603 - ours
        assert parent.stdout
        parent.stdout.readline()

        alone, family = cpu_s(parent.pid), family_cpu_s(parent.pid)
        parent.communicate(b"\n")

    assert family >= alone + 0.4 - _TICK_S


def test_the_clock_of_a_process_is_its_own() -> None:
    assert cpu_s(os.getpid()) == pytest.approx(time.process_time(), abs=0.05)


def test_what_this_process_and_its_children_use_is_not_used_by_others() -> None:
    machine_s, own_s, began = machine_cpu_s(), time.process_time(), time.perf_counter()

    with beside() as others:
        subprocess.run([sys.executable, "-c", BURN], check=True)  # noqa: S603 - ours
        while time.process_time() - own_s < 0.4:
            pass
        used = others()
    seconds, machine_s = time.perf_counter() - began, machine_cpu_s() - machine_s

    assert 0 <= used * seconds <= machine_s - 0.8 + 10 * _TICK_S


def test_the_memory_of_a_process_is_more_than_nothing_and_less_than_all() -> None:
    assert 1 < memory_mb(os.getpid()) < 100_000
