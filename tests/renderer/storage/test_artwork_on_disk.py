"""Artwork on local disk, in one directory with the pictures and under one limit."""

from pathlib import Path

from renderer.storage.disk.lru_directory import ART_AGE_S
from renderer.storage.disk.storage import MAX_ART_BYTES
from services.client.http import ART_BYTES
from tests.contracts.test_storage import picture
from tests.renderer.storage.disks import AGE_S, KEY, Clock, Open, file_bytes, files, kept


async def test_pictures_and_artwork_share_one_limit_and_the_least_recently_used_is_evicted(
    open_disk: Open, folder: Path
) -> None:
    size = await file_bytes(open_disk, folder)
    body = bytes(1000)

    async with open_disk(3 * size) as disk:
        await disk.art.put("a1", body)
        await disk.put("k1", picture(body))
        await disk.art.get("a1")
        await disk.art.put("a2", body)
        await disk.put("k2", picture(body))
        found = [await disk.art.get("a1"), await disk.art.get("a2")]
        pictures = await kept(disk, "k1", "k2")
        used = disk.used_bytes

    assert ([body, body], [False, True]) == (found, pictures)
    assert 3 * size >= used == sum(file.stat().st_size for file in files(folder))


async def test_artwork_and_pictures_have_separate_namespaces(open_disk: Open) -> None:
    async with open_disk() as disk:
        await disk.art.put(KEY, b"art")
        await disk.put(KEY, picture())
        await disk.remove([KEY])

        assert (b"art", None) == (await disk.art.get(KEY), await disk.get(KEY))


async def test_artwork_expires_later_than_a_picture(open_disk: Open, clock: Clock) -> None:
    async with open_disk() as disk:
        await disk.art.put("a", b"art")
        clock.now += AGE_S
        when_pictures_expire = await disk.art.get("a")
        clock.now += ART_AGE_S - AGE_S

        assert (b"art", None) == (when_pictures_expire, await disk.art.get("a"))


async def test_artwork_of_the_maximum_size_is_stored_and_one_byte_more_is_not(open_disk: Open) -> None:
    async with open_disk(2 * MAX_ART_BYTES) as disk:
        await disk.art.put("largest", bytes(MAX_ART_BYTES))
        await disk.art.put("larger", bytes(MAX_ART_BYTES + 1))
        sizes = [
            None if body is None else len(body)
            for body in (await disk.art.get("largest"), await disk.art.get("larger"))
        ]

    assert [MAX_ART_BYTES, None] == sizes
    assert MAX_ART_BYTES == ART_BYTES


async def test_dropped_artwork_is_gone_at_once_and_can_be_stored_again(open_disk: Open, folder: Path) -> None:
    async with open_disk() as disk:
        await disk.art.put("a", b"no picture")
        disk.art.drop("a")
        at_once = await disk.art.get("a")
        await disk.quiet()
        left = files(folder)
        await disk.art.put("a", b"a picture")

        assert (None, [], b"a picture") == (at_once, left, await disk.art.get("a"))
