"""The disk cache: limited in size, atomic, with a limited age, and never a cause of errors."""

import asyncio
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from renderer.storage.disk.copy_file import Copy, Namespace
from renderer.storage.disk.executor import MAX_READS, READERS, TIMEOUT_S, DiskExecutor
from renderer.storage.disk.lru_directory import LruDirectory
from renderer.storage.disk.storage import DiskStorage
from renderer.storage.memory import MemoryStorage
from renderer.storage.tiered import TieredStorage
from tests.contracts.test_storage import picture
from tests.renderer.storage.disks import (
    AGE_S,
    KEY,
    ROOM,
    Clock,
    Open,
    file_bytes,
    files,
    kept,
    make,
    write,
)

REPOSITORY = Path(__file__).parents[3]


async def test_the_limit_is_exact_and_one_more_byte_evicts_the_least_recently_used(
    open_disk: Open, folder: Path
) -> None:
    size = await file_bytes(open_disk, folder)

    async with open_disk(3 * size) as disk:
        for key in ("k1", "k2", "k3"):
            await disk.put(key, picture(bytes(1000)))
        full = (disk.used_bytes, disk.max_bytes, len(files(folder)))
        await disk.get("k1")
        await disk.put("k3", picture(bytes(1001)))
        after = await kept(disk, "k1", "k2", "k3")

    assert (3 * size, 3 * size, 3) == full
    assert [True, False, True] == after
    assert 2 * size + 1 == sum(file.stat().st_size for file in files(folder))


async def test_a_picture_above_the_limit_is_not_stored_and_drops_the_earlier_one(open_disk: Open, folder: Path) -> None:
    size = await file_bytes(open_disk, folder)

    async with open_disk(size) as disk:
        await disk.put("k1", picture(bytes(1000)))
        before = len(files(folder))
        await disk.put("k1", picture(bytes(1001)))

        assert (1, None, 0) == (before, await disk.get("k1"), disk.used_bytes)
    assert [] == files(folder)


async def test_a_restart_keeps_the_copies_and_their_order(open_disk: Open, folder: Path) -> None:
    size = await file_bytes(open_disk, folder)
    async with open_disk(3 * size) as disk:
        for key in ("k1", "k2", "k3"):
            await disk.put(key, picture(bytes(1000)))
        await disk.get("k1")

    async with open_disk(3 * size) as disk:
        await disk.put("k4", picture(bytes(1000)))
        after = await kept(disk, "k1", "k2", "k3", "k4")

    assert [True, False, True, True] == after


async def test_a_lower_limit_at_the_next_start_evicts_the_least_recently_used(open_disk: Open, folder: Path) -> None:
    size = await file_bytes(open_disk, folder)
    async with open_disk() as disk:
        for key in ("k1", "k2", "k3"):
            await disk.put(key, picture(bytes(1000)))

    async with open_disk(2 * size):
        pass

    async with open_disk() as disk:
        assert [False, True, True] == await kept(disk, "k1", "k2", "k3")


async def test_leftovers_of_a_crash_are_deleted_at_the_start_and_other_files_are_not(
    open_disk: Open, folder: Path, clock: Clock
) -> None:
    make(folder)
    name = "a" * 64 + ".picture"
    leftover, being_written, unrelated = (
        folder / f"{name}.{'1' * 16}.part",
        folder / f"{name}.{'2' * 16}.part",
        folder / "holiday.part",
    )
    for file in (leftover, being_written, unrelated):
        file.write_bytes(b"half")
    for file in (leftover, unrelated):
        os.utime(file, (clock.now - 61, clock.now - 61))

    async with open_disk() as disk:
        await disk.put(KEY, picture())

    assert [False, True, True] == [file.exists() for file in (leftover, being_written, unrelated)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[:-1],
        lambda content: content + b"x",
        lambda _: b"",
        lambda _: b"another program's",
        lambda content: content[:-1] + bytes([content[-1] ^ 1]),
        lambda content: content[:60] + bytes([content[60] ^ 1]) + content[61:],
    ],
    ids=["cut", "longer", "empty", "foreign", "body", "head"],
)
async def test_an_invalid_file_counts_as_missing_and_is_deleted(
    open_disk: Open, folder: Path, spoil: Callable[[bytes], bytes]
) -> None:
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        (file,) = files(folder)
        file.write_bytes(spoil(file.read_bytes()))

        assert (None, []) == (await disk.get(KEY), files(folder))
        assert 0 == disk.used_bytes


async def test_a_file_of_another_key_is_not_served(open_disk: Open, folder: Path) -> None:
    async with open_disk() as disk:
        await disk.put("k1", picture(b"one"))
        (one,) = files(folder)
        await disk.put("k2", picture(b"two"))
        (two,) = set(files(folder)) - {one}
        shutil.copy(one, two)

        assert (picture(b"one"), None) == (await disk.get("k1"), await disk.get("k2"))


@pytest.mark.parametrize("place", [Path.mkdir, os.mkfifo, lambda file: file.symlink_to("/etc/hostname")])
async def test_anything_but_a_regular_file_counts_as_missing_and_does_not_block(
    open_disk: Open, folder: Path, place: Callable[[Path], None]
) -> None:
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        (file,) = files(folder)
        file.unlink()
        place(file)

        assert None is await disk.get(KEY)


async def test_no_key_leads_out_of_the_directory(open_disk: Open, folder: Path) -> None:
    keys = ("../out", "/etc/out", "c/../../out", "nul\0", "x" * 5000, "")

    async with open_disk() as disk:
        for key in keys:
            await disk.put(key, picture(key.encode()))
        found = [await disk.get(key) for key in keys]

    assert [picture(key.encode()) for key in keys] == found
    assert (len(keys), [folder]) == (len(files(folder)), files(folder.parent))
    assert {0o600} == {file.stat().st_mode & 0o777 for file in files(folder)}


async def test_neither_use_nor_a_restart_extends_the_lifetime_of_a_copy(open_disk: Open, clock: Clock) -> None:
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        clock.now += AGE_S - 10
        before = await disk.get(KEY)
    async with open_disk() as disk:
        again = await disk.get(KEY)
        clock.now += 10

        assert (picture(), picture(), None) == (before, again, await disk.get(KEY))


async def test_a_copy_from_the_future_is_not_served(open_disk: Open, clock: Clock) -> None:
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        clock.now -= 60

        assert None is await disk.get(KEY)


async def test_invalidate_unless_drops_the_copy_only_if_the_etag_differs(open_disk: Open, folder: Path) -> None:
    async with open_disk() as disk:
        await disk.put(KEY, picture(b"old"))
        disk.invalidate_unless(KEY, picture(b"old").metadata.etag)
        same = await disk.get(KEY)
        disk.invalidate_unless(KEY, picture(b"new").metadata.etag)

        assert (picture(b"old"), None) == (same, await disk.get(KEY))
    assert [] == files(folder)


async def test_processes_that_share_a_directory_share_copies(open_disk: Open) -> None:
    async with open_disk() as one, open_disk() as other:
        await one.put(KEY, picture())

        assert picture() == await other.get(KEY)


async def test_an_outdated_copy_of_another_process_is_not_served(open_disk: Open, folder: Path) -> None:
    async with open_disk() as one, open_disk() as other:
        await one.put(KEY, picture(b"new"))
        await other.put(KEY, picture(b"old"))  # read from S3 earlier, written later

        assert None is await one.get(KEY)
    assert [] == files(folder)


async def test_processes_that_write_and_evict_in_one_directory_serve_only_complete_pictures(open_disk: Open) -> None:
    pictures = {f"k{number}": picture(bytes([number]) * 5000) for number in range(20)}

    async def use(disk: DiskStorage) -> list[bool]:
        right = []
        for _ in range(5):
            for key, one in pictures.items():
                await disk.put(key, one)
                right.append(await disk.get(key) in {one, None})
        return right

    async with open_disk(30_000) as one, open_disk(30_000) as other:
        results = await asyncio.gather(use(one), use(other))

    assert [[True] * 100] * 2 == list(results)


async def test_a_missing_directory_is_tolerated_and_logged_once(open_disk: Open, folder: Path) -> None:
    failures: list[None] = []
    async with open_disk(count_loss=lambda: failures.append(None)) as disk:
        await disk.put(KEY, picture())
        shutil.rmtree(folder)
        with capture_logs() as logs:
            for number in range(3):
                await disk.put(f"k{number}", picture())
            found = await disk.get(KEY)
            make(folder)
            await disk.put(KEY, picture())

        assert (None, picture()) == (found, await disk.get(KEY))
    assert [("disk_cache_lost", "ENOENT"), ("disk_cache_back", None)] == [
        (entry["event"], entry.get("reason")) for entry in logs
    ]
    assert 3 == len(failures)


async def test_a_file_in_place_of_the_directory_is_tolerated(open_disk: Open, folder: Path) -> None:
    write(folder, b"")
    async with open_disk() as disk:
        await disk.put(KEY, picture())

        assert None is await disk.get(KEY)
    with pytest.raises(FileExistsError):  # the file is still there
        make(folder)


class StuckDirectory(LruDirectory):
    """Blocks reads until it is resumed, like a stuck network disk."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, ROOM, max_age_s=AGE_S)
        self.reads = 0
        self.resume = threading.Event()

    def read(self, namespace: Namespace, key: str) -> Copy | None:
        self.reads += 1
        self.resume.wait(60)
        return super().read(namespace, key)


async def test_a_disk_that_times_out_is_not_used_for_a_while(folder: Path) -> None:
    stuck = StuckDirectory(folder)
    failures: list[None] = []
    executor = DiskExecutor(stuck, count_loss=lambda: failures.append(None))
    disk = DiskStorage(executor)

    with capture_logs() as logs:
        started = time.monotonic()
        found = await asyncio.gather(*(disk.get(f"k{number}") for number in range(MAX_READS + 1)))
        waited_s = time.monotonic() - started
        found.append(await disk.get("later"))
    stuck.resume.set()
    await asyncio.to_thread(executor.close)

    assert [None] * (MAX_READS + 2) == found
    assert TIMEOUT_S <= waited_s < 30 * TIMEOUT_S
    assert (READERS, MAX_READS + 2) == (stuck.reads, len(failures))
    assert [("disk_cache_lost", "TimeoutError")] == [(entry["event"], entry["reason"]) for entry in logs]


def limit_file_size() -> None:
    # A write beyond it fails after some bytes, as on a full disk; Python ignores the accompanying signal.
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


FULL_DISK = """
import asyncio, sys
from pathlib import Path
from renderer.storage.disk.executor import DiskExecutor
from renderer.storage.disk.storage import DiskArtwork, DiskStorage
from renderer.storage.tiered import TieredStorage
from renderer.storage.memory import MemoryStorage
from tests.contracts.test_storage import picture

async def main():
    folder, failures = Path(sys.argv[1]), []
    backend = MemoryStorage(1 << 20)
    async with DiskExecutor.open(folder, 1 << 20, max_age_s=60, count_loss=lambda: failures.append(1)) as executor:
        storage, art = TieredStorage(MemoryStorage(0), backend, disk=DiskStorage(executor)), DiskArtwork(executor)
        await storage.put("small", picture(bytes(1000)))
        await storage.put("large", picture(bytes(50_000)))
        await art.put("art", bytes(50_000))
        found = [len((await storage.get(key)).body) for key in ("small", "large")] + [await art.get("art")]
    print(found, len(failures), [file.stat().st_size < 20_000 for file in folder.iterdir()])

asyncio.run(main())
"""


def test_a_full_disk_is_tolerated_and_leaves_no_temporary_file(folder: Path) -> None:
    ran = subprocess.run(  # noqa: S603 - a fixed program
        [sys.executable, "-B", "-c", FULL_DISK, str(folder)],  # -B: compiled modules would be cut at the limit, too
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=limit_file_size,
    )

    assert (0, ["[1000, 50000, None] 3 [True]"]) == (ran.returncode, ran.stdout.splitlines()[-1:]), ran.stderr


async def test_a_tiered_storage_reads_from_disk_after_a_restart(open_disk: Open) -> None:
    backend = MemoryStorage(ROOM)
    async with open_disk() as disk:
        await TieredStorage(MemoryStorage(ROOM), backend, disk=disk).put(KEY, picture())
        await backend.put(KEY, picture(b"shows that the backend was read"))
        restarted = TieredStorage(MemoryStorage(ROOM), backend, disk=disk)

        assert picture() == await restarted.get(KEY)


async def test_a_tiered_storage_stores_on_disk_what_it_read_from_the_backend(open_disk: Open) -> None:
    backend = MemoryStorage(ROOM)
    await backend.put(KEY, picture())
    async with open_disk() as disk:
        await TieredStorage(MemoryStorage(ROOM), backend, disk=disk).get(KEY)

        assert picture() == await disk.get(KEY)


async def test_invalidate_unless_reaches_the_disk(open_disk: Open) -> None:
    backend = MemoryStorage(ROOM)
    async with open_disk() as disk:
        storage = TieredStorage(MemoryStorage(ROOM), backend, disk=disk)
        await storage.put(KEY, picture(b"old"))
        await backend.put(KEY, picture(b"new"))

        storage.invalidate_unless(KEY, picture(b"new").metadata.etag)

        assert picture(b"new") == await storage.get(KEY)
        assert picture(b"new") == await disk.get(KEY)
