"""Art on local disk: beside the pictures, within one bound."""

from pathlib import Path

from renderer.storage.disk.lru_directory import ART_AGE_S
from renderer.storage.disk.storage import MOST_ART_BYTES
from services.client.http import ART_BYTES
from tests.contracts.test_storage import picture
from tests.renderer.storage.disks import AGE_S, KEY, Clock, Open, file_bytes, files, kept


async def test_pictures_and_art_share_one_bound_and_the_least_used_of_both_leaves(
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


async def test_art_and_a_picture_of_one_key_are_two_things(open_disk: Open) -> None:
    async with open_disk() as disk:
        await disk.art.put(KEY, b"art")
        await disk.put(KEY, picture())
        await disk.remove([KEY])

        assert (b"art", None) == (await disk.art.get(KEY), await disk.get(KEY))


async def test_art_is_believed_for_longer_than_a_picture_and_not_for_ever(open_disk: Open, clock: Clock) -> None:
    async with open_disk() as disk:
        await disk.art.put("a", b"art")
        clock.now += AGE_S
        after_a_picture = await disk.art.get("a")
        clock.now += ART_AGE_S - AGE_S

        assert (b"art", None) == (after_a_picture, await disk.art.get("a"))


async def test_art_of_the_largest_size_is_kept_and_of_one_byte_more_is_not(open_disk: Open) -> None:
    async with open_disk(2 * MOST_ART_BYTES) as disk:
        await disk.art.put("largest", bytes(MOST_ART_BYTES))
        await disk.art.put("larger", bytes(MOST_ART_BYTES + 1))
        sizes = [
            None if body is None else len(body)
            for body in (await disk.art.get("largest"), await disk.art.get("larger"))
        ]

    assert [MOST_ART_BYTES, None] == sizes
    assert MOST_ART_BYTES == ART_BYTES


async def test_dropped_art_is_gone_at_once_and_can_be_kept_again(open_disk: Open, folder: Path) -> None:
    async with open_disk() as disk:
        await disk.art.put("a", b"no picture")
        disk.art.drop("a")
        at_once = await disk.art.get("a")
        await disk.quiet()
        left = files(folder)
        await disk.art.put("a", b"a picture")

        assert (None, [], b"a picture") == (at_once, left, await disk.art.get("a"))
