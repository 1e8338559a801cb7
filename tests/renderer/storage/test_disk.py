"""Copies on local disk: bounded, whole, no older than promised, and never in the way."""

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

from renderer.storage.disk.executor import MOST_READS, READERS, WAIT_S, DiskExecutor
from renderer.storage.disk.lru_directory import Copy, LruDirectory, Namespace
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


async def test_the_bound_is_met_to_the_byte_and_the_next_byte_costs_the_least_used(
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


async def test_a_picture_beyond_the_whole_bound_is_not_kept_and_drops_its_forerunner(
    open_disk: Open, folder: Path
) -> None:
    size = await file_bytes(open_disk, folder)

    async with open_disk(size) as disk:
        await disk.put("k1", picture(bytes(1000)))
        before = len(files(folder))
        await disk.put("k1", picture(bytes(1001)))

        assert (1, None, 0) == (before, await disk.get("k1"), disk.used_bytes)
    assert [] == files(folder)


async def test_a_restart_keeps_what_was_there_and_its_order(open_disk: Open, folder: Path) -> None:
    size = await file_bytes(open_disk, folder)
    async with open_disk(3 * size) as disk:
        for key in ("k1", "k2", "k3"):
            await disk.put(key, picture(bytes(1000)))
        await disk.get("k1")

    async with open_disk(3 * size) as disk:
        await disk.put("k4", picture(bytes(1000)))
        after = await kept(disk, "k1", "k2", "k3", "k4")

    assert [True, False, True, True] == after


async def test_a_smaller_bound_at_the_next_start_removes_the_least_used(open_disk: Open, folder: Path) -> None:
    size = await file_bytes(open_disk, folder)
    async with open_disk() as disk:
        for key in ("k1", "k2", "k3"):
            await disk.put(key, picture(bytes(1000)))

    async with open_disk(2 * size):
        pass

    async with open_disk() as disk:
        assert [False, True, True] == await kept(disk, "k1", "k2", "k3")


async def test_what_a_crash_left_is_removed_at_the_start_and_files_of_others_are_not(
    open_disk: Open, folder: Path, clock: Clock
) -> None:
    make(folder)
    name = "a" * 64 + ".picture"
    leftover, being_written, of_others = (
        folder / f"{name}.{'1' * 16}.part",
        folder / f"{name}.{'2' * 16}.part",
        folder / "holiday.part",
    )
    for file in (leftover, being_written, of_others):
        file.write_bytes(b"half")
    for file in (leftover, of_others):
        os.utime(file, (clock.now - 61, clock.now - 61))

    async with open_disk() as disk:
        await disk.put(KEY, picture())

    assert [False, True, True] == [file.exists() for file in (leftover, being_written, of_others)]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda whole: whole[:-1],
        lambda whole: whole + b"x",
        lambda _: b"",
        lambda _: b"somebody else's",
        lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]),
        lambda whole: whole[:60] + bytes([whole[60] ^ 1]) + whole[61:],
    ],
    ids=["cut", "longer", "empty", "foreign", "body", "head"],
)
async def test_a_file_that_is_not_right_is_absent_and_removed(
    open_disk: Open, folder: Path, spoil: Callable[[bytes], bytes]
) -> None:
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        (file,) = files(folder)
        file.write_bytes(spoil(file.read_bytes()))

        assert (None, []) == (await disk.get(KEY), files(folder))
        assert 0 == disk.used_bytes


async def test_the_file_of_another_key_is_not_believed(open_disk: Open, folder: Path) -> None:
    async with open_disk() as disk:
        await disk.put("k1", picture(b"one"))
        (one,) = files(folder)
        await disk.put("k2", picture(b"two"))
        (two,) = set(files(folder)) - {one}
        shutil.copy(one, two)

        assert (picture(b"one"), None) == (await disk.get("k1"), await disk.get("k2"))


@pytest.mark.parametrize("place", [Path.mkdir, os.mkfifo, lambda file: file.symlink_to("/etc/hostname")])
async def test_what_is_no_plain_file_is_absent_and_holds_nobody_up(
    open_disk: Open, folder: Path, place: Callable[[Path], None]
) -> None:
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        (file,) = files(folder)
        file.unlink()
        place(file)

        assert None is await disk.get(KEY)


async def test_no_key_leads_out_of_the_folder(open_disk: Open, folder: Path) -> None:
    keys = ("../out", "/etc/out", "c/../../out", "nul\0", "x" * 5000, "")

    async with open_disk() as disk:
        for key in keys:
            await disk.put(key, picture(key.encode()))
        found = [await disk.get(key) for key in keys]

    assert [picture(key.encode()) for key in keys] == found
    assert (len(keys), [folder]) == (len(files(folder)), files(folder.parent))
    assert {0o600} == {file.stat().st_mode & 0o777 for file in files(folder)}


async def test_a_copy_ages_whoever_uses_it_and_a_restart_does_not_make_it_younger(
    open_disk: Open, clock: Clock
) -> None:
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        clock.now += AGE_S - 10
        before = await disk.get(KEY)
    async with open_disk() as disk:
        again = await disk.get(KEY)
        clock.now += 10

        assert (picture(), picture(), None) == (before, again, await disk.get(KEY))


async def test_a_copy_from_the_future_is_not_believed(open_disk: Open, clock: Clock) -> None:
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        clock.now -= 60

        assert None is await disk.get(KEY)


async def test_word_of_other_bytes_drops_the_copy_and_of_the_same_does_not(open_disk: Open, folder: Path) -> None:
    async with open_disk() as disk:
        await disk.put(KEY, picture(b"old"))
        disk.forget_unless(KEY, picture(b"old").facts.etag)
        same = await disk.get(KEY)
        disk.forget_unless(KEY, picture(b"new").facts.etag)

        assert (picture(b"old"), None) == (same, await disk.get(KEY))
    assert [] == files(folder)


async def test_two_on_one_folder_see_what_the_other_keeps(open_disk: Open) -> None:
    async with open_disk() as one, open_disk() as other:
        await one.put(KEY, picture())

        assert picture() == await other.get(KEY)


async def test_a_late_copy_of_another_process_is_not_believed_by_who_knows_better(
    open_disk: Open, folder: Path
) -> None:
    async with open_disk() as one, open_disk() as other:
        await one.put(KEY, picture(b"new"))
        await other.put(KEY, picture(b"old"))  # read from S3 before, kept after

        assert None is await one.get(KEY)
    assert [] == files(folder)


async def test_two_that_write_and_drop_on_one_small_folder_serve_only_whole_pictures(open_disk: Open) -> None:
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


async def test_a_folder_that_vanishes_is_done_without_and_said_once(open_disk: Open, folder: Path) -> None:
    losses: list[None] = []
    async with open_disk(count_loss=lambda: losses.append(None)) as disk:
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
    assert 3 == len(losses)


async def test_a_file_in_place_of_the_folder_is_done_without(open_disk: Open, folder: Path) -> None:
    write(folder, b"")
    async with open_disk() as disk:
        await disk.put(KEY, picture())

        assert None is await disk.get(KEY)
    with pytest.raises(FileExistsError):  # the file is there still
        make(folder)


class StuckFolder(LruDirectory):
    """Answers when it is told to, as a disk over the network may."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, ROOM, max_age_s=AGE_S)
        self.reads = 0
        self.may_go_on = threading.Event()

    def read(self, shelf: Namespace, key: str) -> Copy | None:
        self.reads += 1
        self.may_go_on.wait(60)
        return super().read(shelf, key)


async def test_a_disk_that_does_not_answer_is_left_alone_for_a_while(folder: Path) -> None:
    stuck = StuckFolder(folder)
    losses: list[None] = []
    device = DiskExecutor(stuck, count_loss=lambda: losses.append(None))
    disk = DiskStorage(device)

    with capture_logs() as logs:
        began = time.monotonic()
        found = await asyncio.gather(*(disk.get(f"k{number}") for number in range(MOST_READS + 1)))
        waited_s = time.monotonic() - began
        found.append(await disk.get("later"))
    stuck.may_go_on.set()
    await asyncio.to_thread(device.close)

    assert [None] * (MOST_READS + 2) == found
    assert WAIT_S <= waited_s < 5 * WAIT_S
    assert (READERS, MOST_READS + 2) == (stuck.reads, len(losses))
    assert [("disk_cache_lost", "TimeoutError")] == [(entry["event"], entry["reason"]) for entry in logs]


def lower_the_limit() -> None:
    # Past it a write fails as on a full disk, after some bytes; the interpreter ignores the signal that comes with it.
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
    folder, losses = Path(sys.argv[1]), []
    behind = MemoryStorage(1 << 20)
    async with DiskExecutor.open(folder, 1 << 20, max_age_s=60, count_loss=lambda: losses.append(1)) as device:
        storage, art = TieredStorage(MemoryStorage(0), behind, disk=DiskStorage(device)), DiskArtwork(device)
        await storage.put("small", picture(bytes(1000)))
        await storage.put("large", picture(bytes(50_000)))
        await art.put("art", bytes(50_000))
        found = [len((await storage.get(key)).body) for key in ("small", "large")] + [await art.get("art")]
    print(found, len(losses), [file.stat().st_size < 20_000 for file in folder.iterdir()])

asyncio.run(main())
"""


def test_a_full_disk_is_done_without_and_leaves_no_part_behind(folder: Path) -> None:
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", FULL_DISK, str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lower_the_limit,
    )

    assert (0, "[1000, 50000, None] 3 [True]") == (ran.returncode, ran.stdout.splitlines()[-1]), ran.stderr


async def test_a_layered_storage_reads_from_disk_what_memory_has_lost(open_disk: Open) -> None:
    behind = MemoryStorage(ROOM)
    async with open_disk() as disk:
        await TieredStorage(MemoryStorage(ROOM), behind, disk=disk).put(KEY, picture())
        await behind.put(KEY, picture(b"shows that it was asked"))
        restarted = TieredStorage(MemoryStorage(ROOM), behind, disk=disk)

        assert picture() == await restarted.get(KEY)


async def test_a_layered_storage_keeps_on_disk_what_it_read_from_behind(open_disk: Open) -> None:
    behind = MemoryStorage(ROOM)
    await behind.put(KEY, picture())
    async with open_disk() as disk:
        await TieredStorage(MemoryStorage(ROOM), behind, disk=disk).get(KEY)

        assert picture() == await disk.get(KEY)


async def test_word_of_a_new_drawing_reaches_the_disk_too(open_disk: Open) -> None:
    behind = MemoryStorage(ROOM)
    async with open_disk() as disk:
        storage = TieredStorage(MemoryStorage(ROOM), behind, disk=disk)
        await storage.put(KEY, picture(b"old"))
        await behind.put(KEY, picture(b"new"))

        storage.forget_unless(KEY, picture(b"new").facts.etag)

        assert picture(b"new") == await storage.get(KEY)
        assert picture(b"new") == await disk.get(KEY)
