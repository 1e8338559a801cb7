"""Copies on local disk that somebody says are out of date: not believed from then on, and soon gone."""

import asyncio
import threading
from pathlib import Path

import pytest

from renderer.storage.disk.executor import MOST_WRITES
from renderer.storage.disk.tombstones import MOST_WORDS, Tombstones
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


async def test_removed_pictures_leave_the_disk(open_disk: Open, folder: Path) -> None:
    async with open_disk() as disk:
        for key in ("k1", "k2", "k3"):
            await disk.put(key, picture())
        await disk.remove(["k1", "k3", "never there"])
        found = await kept(disk, "k1", "k2", "k3")
        await disk.quiet()

        assert ([False, True, False], 1) == (found, len(files(folder)))


LOOK_A, LOOK_B = "c/" + "a" * 32, "c/" + "b" * 32


async def keep_two_looks_and_art(disk: Disk) -> None:
    for key in (f"{LOOK_A}/movie-1.jpg", f"{LOOK_A}/movie-2.jpg", f"{LOOK_B}/movie-1.jpg"):
        await disk.put(key, picture())
    await disk.art.put(f"{LOOK_A}/movie-1.jpg", b"art")


@pytest.mark.parametrize(
    ("prefix", "left"),
    [
        ("c/", [False, False, False]),
        (f"{LOOK_A}/", [False, False, True]),
        (f"{LOOK_A}/movie-2.jpg", [True, False, True]),
        ("d/", [True, True, True]),
    ],
    ids=["all", "a look", "a picture", "none"],
)
async def test_what_is_forgotten_is_gone_whoever_wrote_it_and_art_stays(
    open_disk: Open, folder: Path, prefix: str, left: list[bool]
) -> None:
    keys = (f"{LOOK_A}/movie-1.jpg", f"{LOOK_A}/movie-2.jpg", f"{LOOK_B}/movie-1.jpg")
    async with open_disk() as other:
        await keep_two_looks_and_art(other)

    async with open_disk() as disk:
        await disk.quiet()
        disk.forget(prefix)
        found = await kept(disk, *keys)
        await disk.quiet()
        on_disk = len(files(folder))

        assert (left, left.count(True) + 1) == (found, on_disk)
        assert b"art" == await disk.art.get(keys[0])
        assert disk.used_bytes == sum(file.stat().st_size for file in files(folder))


async def test_a_late_file_of_another_process_with_what_was_forgotten_is_not_believed(open_disk: Open) -> None:
    hold = threading.Event()
    async with open_disk() as disk, open_disk() as other:
        other.device.later(until(hold))
        putting = asyncio.create_task(other.put(KEY, picture(b"old")))  # read from S3 before, kept after
        await asyncio.sleep(0)
        disk.forget("c/")
        await disk.quiet()
        hold.set()
        await putting
        late = await disk.get(KEY)
        await other.put(KEY, picture(b"new"))

        assert (None, picture(b"new")) == (late, await disk.get(KEY))


async def test_a_put_before_the_word_is_forgotten_though_its_turn_comes_after_it(open_disk: Open, folder: Path) -> None:
    hold = threading.Event()
    async with open_disk() as disk:
        disk.device.later(until(hold))
        putting = asyncio.create_task(disk.put(KEY, picture()))
        await asyncio.sleep(0)
        disk.forget("c/")
        hold.set()
        await putting
        await disk.quiet()
        on_disk = files(folder)

        assert ([], None) == (on_disk, await disk.get(KEY))


async def test_what_is_put_after_the_word_is_kept(open_disk: Open) -> None:
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        disk.forget("c/")
        await disk.put(KEY, picture())

        assert picture() == await disk.get(KEY)


async def test_a_disk_that_is_busy_still_heeds_the_word(open_disk: Open, folder: Path) -> None:
    hold = threading.Event()
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        for _ in range(MOST_WRITES):
            disk.device.later(until(hold))
        for number in range(3):
            disk.forget(f"c/{number}")
        hold.set()

    assert [] == files(folder)


async def test_a_sweep_that_failed_is_done_before_the_next_write(open_disk: Open, folder: Path) -> None:
    aside = folder.parent / "aside"
    async with open_disk() as disk:
        await disk.put(KEY, picture())
        move(folder, aside)
        disk.forget("c/")
        await disk.quiet()
        move(aside, folder)
        await disk.put("d/other", picture())

    assert 1 == len(files(folder))


async def test_a_sweep_removes_what_is_not_right_and_leaves_files_of_others(open_disk: Open, folder: Path) -> None:
    async with open_disk() as disk:
        await disk.quiet()
        names = ("a" * 64 + ".picture", "b" * 64 + ".picture", "c" * 64 + ".art", "holiday.picture")
        for name in names:
            write(folder / name, b"marquee copy 2\n" + bytes(100) if name.startswith("b") else b"x")
        disk.forget("c/")
        await disk.quiet()

    assert list(names[2:]) == [file.name for file in files(folder)]


def test_words_beyond_the_bound_become_one_for_all() -> None:
    forgotten = Tombstones(AGE_S)
    for number in range(MOST_WORDS):
        forgotten.note(f"c/{number}/", 10.0)
    apart = (forgotten.covers("c/7/x", 9.0), forgotten.covers("other", 9.0))
    forgotten.note("c/one more/", 11.0)

    assert (True, False) == apart
    assert (True, False) == (forgotten.covers("other", 11.0), forgotten.covers("other", 11.5))


def test_a_word_is_kept_only_while_a_copy_from_before_it_could_be_believed() -> None:
    forgotten = Tombstones(AGE_S)
    forgotten.note("c/", 0.0)
    forgotten.note("d/", AGE_S - 1)
    before = forgotten.covers("c/x", 0.0)
    forgotten.note("e/", AGE_S)

    assert (True, False) == (before, forgotten.covers("c/x", 0.0))
