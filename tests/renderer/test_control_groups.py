"""A renderer draws as many pictures at once as it may use CPUs, and knows how much memory it may use."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.dev.bench.quota import NoQuota, quota
from renderer.control_groups import memory_limit_bytes, usable_cpus

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, sys
from renderer.config import load_renderer
if len(sys.argv) > 1:
    os.sched_setaffinity(0, set(map(int, sys.argv[1:])))
for _ in sys.stdin:
    print(load_renderer().render_concurrency, flush=True)
"""
VARIABLES = {
    "DATABASE_URL": "postgresql://postgres@127.0.0.1/marquee",
    "REDIS_URL": "redis://127.0.0.1",
    "S3_BUCKET": "posters",
    "TMDB_API_KEY": "stand-in",
    "OMDB_API_KEY": "stand-in",
}
V1 = "33 30 0:29 {root} {point} rw,nosuid shared:5 master:2 - cgroup cgroup rw,{controllers}"
V2 = "34 30 0:30 {root} {point} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate"
OTHER = "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw"
MEGABYTE = 1 << 20


class Container:
    """The files of a process's control groups, as the kernel would show them in a folder."""

    def __init__(self, folder: Path) -> None:
        self.proc = folder / "proc"
        self.proc.mkdir()
        self._folder = folder
        self._mounts = [OTHER]
        self._groups: list[str] = []

    def mount(self, pattern: str, group: str, *, root: str = "/", controllers: str = "") -> Path:
        """Mount a hierarchy of which the process is in ``group``; returns where it is mounted."""
        point = self._folder / f"groups-{controllers or 'unified'}"
        point.mkdir()
        self._mounts.append(pattern.format(root=root, point=point, controllers=controllers))
        self._groups.append(f"{len(self._groups)}:{controllers}:{group}")
        (self.proc / "mountinfo").write_text("\n".join(self._mounts) + "\n")
        (self.proc / "cgroup").write_text("\n".join(self._groups) + "\n")
        return point


def write(group: Path, files: Mapping[str, object]) -> None:
    group.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (group / name).write_text(f"{content}\n")


def quota_v1(us: int, period_us: int = 100_000) -> dict[str, object]:
    return {"cpu.cfs_quota_us": us, "cpu.cfs_period_us": period_us}


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("50000 100000", 1),
        ("100000 100000", 1),
        ("150000 100000", 2),
        ("5000 10000", 1),
        ("400000 100000", 4),
        ("9900000 100000", 64),
        ("max 100000", 64),
        ("0 0", 64),
        ("", 64),
    ],
)
def test_a_quota_of_version_2_is_rounded_up(container: Container, limit: str, expected: int) -> None:
    write(container.mount(V2, "/"), {"cpu.max": limit})

    assert expected == usable_cpus(container.proc, affinity=64)


@pytest.mark.parametrize(("us", "expected"), [(-1, 64), (0, 64), (20_000, 1), (250_000, 3), (200_000, 2)])
def test_a_quota_of_version_1_is_rounded_up(container: Container, us: int, expected: int) -> None:
    write(container.mount(V1, "/", controllers="cpu,cpuacct"), quota_v1(us))

    assert expected == usable_cpus(container.proc, affinity=64)


def test_the_quota_of_a_group_above_applies_too(container: Container) -> None:
    point = container.mount(V2, "/pods.slice/pod-1/renderer")
    write(point / "pods.slice/pod-1/renderer", {"cpu.max": "max 100000"})
    write(point / "pods.slice/pod-1", {"cpu.max": "300000 100000"})
    write(point / "pods.slice", {"cpu.max": "1600000 100000"})
    write(point / "pods.slice/pod-2", {"cpu.max": "100000 100000"})

    assert 3 == usable_cpus(container.proc, affinity=64)


@pytest.mark.parametrize("group", ["/docker/5f3c", "/elsewhere", "/../.."])
def test_a_container_that_sees_only_its_own_group_finds_its_quota(container: Container, group: str) -> None:
    write(container.mount(V1, group, root="/docker/5f3c", controllers="cpu,cpuacct"), quota_v1(200_000))

    assert 2 == usable_cpus(container.proc, affinity=64)


def test_with_both_versions_the_controller_is_where_its_files_are(container: Container) -> None:
    container.mount(V2, "/system.slice")
    container.mount(V1, "/", controllers="cpuset")
    write(container.mount(V1, "/job", controllers="cpu") / "job", quota_v1(200_000))
    write(container.mount(V1, "/job", controllers="memory") / "job", {"memory.limit_in_bytes": 512 * MEGABYTE})

    assert 2 == usable_cpus(container.proc, affinity=64)
    assert 512 * MEGABYTE == memory_limit_bytes(container.proc)


@pytest.mark.parametrize("limit", ["max", 9_223_372_036_854_771_712, ""])
def test_memory_without_a_limit_has_none(container: Container, limit: object) -> None:
    write(container.mount(V2, "/"), {"memory.max": limit})
    write(container.mount(V1, "/", controllers="memory"), {"memory.limit_in_bytes": limit})

    assert memory_limit_bytes(container.proc) is None


def test_the_smallest_limit_of_memory_applies(container: Container) -> None:
    point = container.mount(V2, "/pod/renderer")
    write(point / "pod/renderer", {"memory.max": 4096 * MEGABYTE})
    write(point / "pod", {"memory.max": 2048 * MEGABYTE})

    assert 2048 * MEGABYTE == memory_limit_bytes(container.proc)


def test_a_system_without_control_groups_limits_nothing(tmp_path: Path) -> None:
    assert 64 == usable_cpus(tmp_path, affinity=64)
    assert memory_limit_bytes(tmp_path) is None


def start(*cpus: int) -> subprocess.Popen[str]:
    """Start a process that prints how many pictures it would draw at once when it gets a line."""
    return subprocess.Popen(  # noqa: S603 - this interpreter with a fixed program
        (sys.executable, "-c", PROGRAM, *map(str, cpus)),
        cwd=ROOT, env=VARIABLES, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def concurrency(process: subprocess.Popen[str]) -> int:
    """Ask the process; it goes on until its input ends."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def test_a_process_with_an_affinity_draws_on_its_own_cpus() -> None:
    cpus = sorted(os.sched_getaffinity(0))

    with start(cpus[-1]) as process:
        drawn = concurrency(process)
        process.communicate(timeout=60)

    assert 1 == drawn


def test_a_process_with_a_real_quota_draws_by_it() -> None:
    if usable_cpus() == 1:
        pytest.skip("one CPU: a quota makes no difference")

    with start() as process:
        try:
            with quota([process.pid], 0.9):
                drawn = concurrency(process)
        except NoQuota as reason:
            pytest.skip(str(reason))
        finally:
            process.communicate(timeout=60)

    assert 1 == drawn
