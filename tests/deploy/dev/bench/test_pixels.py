"""The benchmark of drawing measures what it says: the right sizes, every badge, and the memory of another process."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from deploy.dev.bench.rows import pixels, render_pool
from renderer.drawing.encoder import encode_picture
from renderer.drawing.picture import shown
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import parse
from tests.renderer.drawing.arts import decoded


@pytest.mark.parametrize(
    ("letter", "size", "fmt"),
    [
        ("b", (580, 859), "JPEG"),
        ("h", (1280, 1896), "JPEG"),
        ("i", (1920, 1080), "JPEG"),
        ("j", (780, 0), "PNG"),  # as high as its badges need
    ],
)
def test_a_task_draws_the_picture_that_its_row_names(letter: str, size: tuple[int, int], fmt: str) -> None:
    task = pixels.TASKS[letter]

    order = pixels.orders(1, task.look, task.art_width)[0]
    drawn = decoded(order.draw())

    assert (fmt, size[0], size[1] or drawn.height) == (drawn.format, *drawn.size)
    assert task.art_width == decoded(order.art).width


def test_ten_badges_are_ten() -> None:
    look = parse(Kind.POSTER, Format.JPG, {"ratings_limit": "10"})

    assert 10 == len(shown(look, pixels._TEN))


def test_a_poster_that_was_encoded_twice_is_known_by_its_tables() -> None:
    order = pixels.orders(1)[0]
    once, again = order.draw(), order.draw()
    lower = encode_picture(decoded(once), Format.JPG, pixels.QUALITY - 3)

    assert pixels._tables(once) == pixels._tables(again)
    assert pixels._tables(once) != pixels._tables(lower)


def test_the_memory_of_drawing_is_read_from_the_kernel() -> None:
    # A process of its own: the mark of this one is what other tests made of it.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        peak = pool.submit(render_pool.draw_without_pause, pixels.orders(1), 4).result()

    assert 0 < peak.idle < peak.early <= peak.late
