import hashlib
from io import BytesIO

import pytest
from PIL import Image

from deploy.dev.chaos.judging import Judge, accident_kept
from deploy.dev.chaos.pictures import LOOKS, Picture, original_of
from deploy.dev.demo.drawing import render
from deploy.dev.demo.pictures import DemoPicture
from renderer.drawing.placeholder import KnownTitle, titled_placeholder
from shared.domain.pictures import Format, Kind, Size
from tests.stack.caller import Answer

HASH = "0123456789abcdef0123456789abcdef"
WHOLE = "public, max-age=31536000, stale-while-revalidate=220752000"
DEGRADED = "public, max-age=1200, stale-while-revalidate=1200"
POSTER, OTHER_FILM = Picture(0, 0), Picture(1, 0)


def poster(film: int, *, quality: int = 85, size: tuple[int, int] = (580, 859)) -> bytes:
    """Return a film's art in the size of a poster."""
    art = render(DemoPicture(original_of(film).slug, "poster", "xx"), 300, "jpg")
    body = BytesIO()
    with Image.open(BytesIO(art)) as image:
        image.resize(size).save(body, "JPEG", quality=quality)
    return body.getvalue()


def answer(body: bytes, *, cache: str = "HIT", kept: str = WHOLE, **changed: str) -> Answer:
    headers = {
        "etag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "content-type": LOOKS[0].media_type,
        "x-elements-hash": HASH,
        "x-cache-status": cache,
        "cache-control": kept,
    }
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    url = f"http://content/c/{HASH}/imdb/poster-default/tt7000001.jpg"
    return Answer(status=200, headers=headers | named, body=body, url=url)


def test_a_picture_of_the_film_in_its_size_is_right() -> None:
    assert "" == Judge().fault_of(POSTER, answer(poster(0)))


def test_the_art_of_another_film_is_wrong() -> None:
    fault = Judge().fault_of(POSTER, answer(poster(5), cache="MISS-FALLBACK"))

    assert f"looks like {original_of(5).slug} and not like {original_of(0).slug}" == fault


@pytest.mark.parametrize(("cache", "fault"), [("MISS-FALLBACK", ""), ("HIT", "looks like the neutral picture")])
def test_the_neutral_picture_is_right_only_while_the_artwork_is_late(cache: str, fault: str) -> None:
    body = titled_placeholder(Kind.POSTER, Size.MEDIUM, Format.JPG, KnownTitle("Nosferatu", 1922))

    found = Judge().fault_of(POSTER, answer(body, cache=cache))

    assert found.startswith(fault)
    assert bool(fault) == bool(found)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (answer(poster(0, size=(500, 750))), "is 500x750"),
        (answer(poster(0)[:2000]), "cannot be decoded"),
        (answer(poster(0), etag='"other"'), "the ETag is not that of the bytes"),
        (answer(poster(0), x_elements_hash="f" * 32), "the hash is not that of the address"),
        (answer(poster(0), content_type="image/png"), "is image/png"),
    ],
)
def test_what_is_not_as_asked_is_wrong(given: Answer, fault: str) -> None:
    assert Judge().fault_of(POSTER, given).startswith(fault)


def test_the_bytes_of_another_picture_are_wrong() -> None:
    judge, body = Judge(), poster(0)
    judge.fault_of(POSTER, answer(body))

    assert "the same bytes were served for another picture" == judge.fault_of(OTHER_FILM, answer(body))


def test_a_finished_picture_does_not_change() -> None:
    judge = Judge()
    judge.fault_of(POSTER, answer(poster(0)))

    fault = judge.fault_of(POSTER, answer(poster(0, quality=60)))

    assert "the finished picture was a different one before" == fault


def test_plain_and_degraded_pictures_may_give_way_to_the_finished_one() -> None:
    judge = Judge()
    given = [
        answer(poster(0, quality=50), cache="MISS-FALLBACK", kept="public, max-age=60"),
        answer(poster(0, quality=60), kept=DEGRADED),
        answer(poster(0, quality=70), cache="MISS"),
    ]

    faults = [judge.fault_of(POSTER, each) for each in given]

    assert ["", "", ""] == faults
    assert given[2].headers["etag"] == f'"{judge.etag(POSTER)}"'


@pytest.mark.parametrize(
    ("status", "kept", "exists", "accident"),
    [
        (200, WHOLE, True, ""),
        (304, WHOLE, True, ""),
        (503, "no-store", True, ""),
        (503, "public, max-age=60", True, "503 public, max-age=60"),
        (502, "", True, "502 without Cache-Control"),
        (404, "public, max-age=300", False, ""),
        (404, "public, max-age=300", True, "404 public, max-age=300"),
        (404, "no-store", True, ""),
    ],
)
def test_only_what_is_true_may_be_kept(status: int, kept: str, exists: bool, accident: str) -> None:  # noqa: FBT001 - of a table
    given = Answer(status=status, headers={"cache-control": kept} if kept else {}, body=b"")

    assert accident == accident_kept(given, exists=exists)


def test_plain_art_may_be_kept_for_a_minute_and_no_longer() -> None:
    minute, day = (answer(b"", cache="MISS-FALLBACK", kept=f"public, max-age={s}") for s in (60, 86_400))

    assert ["", "public, max-age=86400"] == [accident_kept(each, exists=True) for each in (minute, day)]
