"""Invalidated copies on local disk: not served from then on, and deleted in the background."""

import asyncio
import threading
from pathlib import Path

import pytest

from renderer.storage.disk.executor import MAX_WRITES
from renderer.storage.disk.tombstones import MAX_TOMBSTONES, Tombstones
from tests.contracts.test_storage import picture
from tests.renderer.storage.disks import (
    AGE_S,
    KEY,
    Disk,
    Open,
    files,
    kept,
    move,
    until,
    write,
)


async def test_removed_pictures_are_deleted_from_disk(open_disk: Open, folder: Path) -> None:
    async with open_disk() as disk:
        for key in ("k1", "k2", "k3"):
            await disk.put(key, picture())
        await disk.remove(["k1", "k3", "never there"])
        found = await kept(disk, "k1", "k2", "k3")
        await disk.quiet()

        assert ([False, True, False], 1) == (found, len(files(folder)))


HASH_A, HASH_B = "c/" + "a" * 32, "c/" + "b" * 32


async def store_two_hashes_and_artwork(disk: Disk) -> None:
    for key in (f"{HASH_A}/movie-1.jpg", f"{HASH_A}/movie-2.jpg", f"{HASH_B}/movie-1.jpg"):
        await disk.put(key, picture())
    await disk.art.put(f"{HASH_A}/movie-1.jpg", b"art")


@pytest.mark.parametrize(
    ("prefix", "left"),
    [
        ("c/", [False, False, False]),
        (f"{HASH_A}/", [False, False, True]),
        (f"{HASH_A}/movie-2.jpg", [True, False, True]),
        ("d/", [True, True, True]),
    ],
    ids=["all", "a settings hash", "a picture", "none"],
)
async def test_invalidate_deletes_the_copies_of_all_processes_but_no_artwork(
    open_disk: Open, folder: Path, prefix: str, left: list[bool]
) -> None:
    keys = (f"{HASH_A}/movie-1.jpg", f"{HASH_A}/movie-2.jpg", f"{HASH_B}/movie-1.jpg")
    async with open_disk() as other:
        await store_two_hashes_and_artwork(other)

    async with open_disk() as disk:
        await disk.quiet()
        disk.invalidate(prefix)
        found = await kept(disk, *keys)
        await disk.quiet()
        on_disk = len(files(folder))

        assert (left, left.count(True) + 1) == (found, on_disk)
        assert b"art" == await disk.art.get(keys[0])
        assert disk.used_bytes == sum(file.stat().st_size for file in files(folder))


async def test_an_invalidated_copy_that_another_process_writes_late_is_not_served(open_disk: Open) -> None:
    hold = threading.Event()
    async with open_disk() as disk, open_disk() as other:
        other.executor.write_later(until(hold))
        putting = asyncio.create_task(other.put(KEY, picture(b"old")))  # read from S3 earlier, written later
        await asyncio.sleep(0)
        disk.invalidate("c/")
        await disk.quiet()
        hold.set()
        await putting
        late = await disk.get(KEY)
        await other.put(KEY, picture(b"new"))

        assert (None, picture(b"new")) == (late, await disk.get(KEY))


async def test_an_earlier_put_that_is_written_after_the_invalidation_is_dropped(open_disk: Open, folder: Path) -> None:
    hold = threading.Event()
    async with open_disk() as disk:
        disk.executor.write_later(until(hold))
        putting = asyncio.create_task(disk.put(KEY, picture()))
        await asyncio.sleep(0)
        disk.invalidate("c/")
        hold.set()
        await putting
        await disk.quiet()
        on_disk = files(folder)

        assert ([], None) == (on_disk, await disk.get(KEY))


async def test_a_put_after_the_invalidation_is_stored(open_disk: Open) -> None:
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        disk.invalidate("c/")
        await disk.put(KEY, picture())

        assert picture() == await disk.get(KEY)


async def test_an_invalidation_takes_effect_on_a_busy_disk(open_disk: Open, folder: Path) -> None:
    hold = threading.Event()
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        for _ in range(MAX_WRITES):
            disk.executor.write_later(until(hold))
        for number in range(3):
            disk.invalidate(f"c/{number}")
        hold.set()

    assert [] == files(folder)


async def test_a_failed_sweep_is_repeated_before_the_next_write(open_disk: Open, folder: Path) -> None:
    aside = folder.parent / "aside"
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        move(folder, aside)
        disk.invalidate("c/")
        await disk.quiet()
        move(aside, folder)
        await disk.put("d/other", picture())

    assert 1 == len(files(folder))


async def test_a_sweep_deletes_invalid_copies_and_leaves_other_files(open_disk: Open, folder: Path) -> None:
    async with open_disk() as disk:
        await disk.quiet()
        names = ("a" * 64 + ".picture", "b" * 64 + ".picture", "c" * 64 + ".art", "holiday.picture")
        for name in names:
            write(folder / name, b"marquee copy 2\n" + bytes(100) if name.startswith("b") else b"x")
        disk.invalidate("c/")
        await disk.quiet()

    assert list(names[2:]) == [file.name for file in files(folder)]


def test_tombstones_above_the_limit_become_one_for_all_keys() -> None:
    tombstones = Tombstones(AGE_S)
    for number in range(MAX_TOMBSTONES):
        tombstones.add(f"c/{number}/", 10.0)
    apart = (tombstones.covers("c/7/x", 9.0), tombstones.covers("other", 9.0))
    tombstones.add("c/one more/", 11.0)

    assert (True, False) == apart
    assert (True, False) == (tombstones.covers("other", 11.0), tombstones.covers("other", 11.5))


def test_a_tombstone_expires_with_the_last_copy_from_before_it() -> None:
    tombstones = Tombstones(AGE_S)
    tombstones.add("c/", 0.0)
    tombstones.add("d/", AGE_S - 1)
    before = tombstones.covers("c/x", 0.0)
    tombstones.add("e/", AGE_S)

    assert (True, False) == (before, tombstones.covers("c/x", 0.0))
