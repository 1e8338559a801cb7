"""A picture on the artwork that its caller chose, which must be in a source's own list of the title."""

import pytest

from services.artwork import Art
from shared.domain.errors import ArtBroken, ArtNotFound, SourceDown
from shared.domain.ids import MediaId
from shared.domain.pictures import Kind
from tests.renderer.steps.test_cards import (
    CARD,
    ENGLISH,
    GROUNDS,
    WIDE,
    WORDED,
    flat,
    ink,
    listed,
    near,
    opened,
    stocked,
)
from tests.renderer.steps.test_steps import drawn, processed
from tests.renderer.studio import ART, IMDB, Studio, a_title, art_bytes

__all__ = ["stocked"]

GERMAN = Art("/german.jpg", 780, 1170, "de")
BEYOND = Art("/beyond.jpg", 780, 1170, "fr")
LIKED = Art("https://assets.fanart.tv/fanart/movies/19/movieposter/liked.jpg", 1000, 1426, "en")


@pytest.fixture
def chosen(studio: Studio) -> Studio:
    studio.sources.title_known = a_title(ART, GERMAN)
    studio.sources.unlisted = (BEYOND,)
    studio.sources.art |= {GERMAN.path: art_bytes((10, 90, 10)), BEYOND.path: art_bytes((10, 10, 90))}
    studio.other_art.pictures, studio.other_art.art = {Kind.POSTER: (LIKED,)}, {LIKED.path: art_bytes()}
    return studio


@pytest.mark.parametrize("art", [ART, GERMAN, BEYOND, LIKED])
@pytest.mark.parametrize("query", [{}, {"lang": "ja,none", "textless": "true"}, {"image_source": "f"}])
async def test_a_file_of_a_list_is_drawn_on_whatever_else_the_settings_prefer(
    chosen: Studio, art: Art, query: dict[str, str]
) -> None:
    result = await drawn(chosen, IMDB, Kind.POSTER, art=art.file, **query)

    assert art.path == result.art.path


@pytest.mark.parametrize("file", ["nowhere.jpg", "german.png", "movieposter", "erman.jpg"])
async def test_another_file_is_no_picture_of_the_title(chosen: Studio, file: str) -> None:
    query = {"art": file if "." in file else f"{file}.jpg"}

    with pytest.raises(ArtNotFound):
        await processed(chosen, IMDB, Kind.POSTER, **query)
    assert 0 == chosen.sources.calls.get("fetch", 0)


async def test_a_poster_is_no_backdrop(chosen: Studio) -> None:
    with pytest.raises(ArtNotFound):
        await processed(chosen, IMDB, Kind.BACKDROP, art=GERMAN.file)


async def test_whether_a_silent_source_has_the_file_is_not_known(chosen: Studio) -> None:
    chosen.other_art.pictures = SourceDown("other", "status 500")

    assert GERMAN.path == (await drawn(chosen, IMDB, Kind.POSTER, art=GERMAN.file)).art.path
    with pytest.raises(ArtBroken):
        await processed(chosen, IMDB, Kind.POSTER, art=LIKED.file)


async def test_a_file_that_cannot_be_drawn_is_replaced_by_no_other(chosen: Studio) -> None:
    chosen.sources.art[GERMAN.path] = b"no picture"

    with pytest.raises(ArtBroken):
        await processed(chosen, IMDB, Kind.POSTER, art=GERMAN.file)


async def test_nothing_more_is_asked_where_no_file_is_chosen(chosen: Studio) -> None:
    await drawn(chosen)

    assert 0 == chosen.other_art.calls
    assert MediaId.parse("movie-19") == a_title().media


async def test_a_card_on_a_chosen_backdrop_names_its_title_unless_that_has_text(stocked: Studio) -> None:
    listed(stocked, WORDED, WIDE, ENGLISH)
    stocked.sources.art[WORDED.path] = flat(GROUNDS[WORDED])

    named = await drawn(stocked, IMDB, Kind.BACKDROP, **CARD, art=WIDE.file)
    plain = await drawn(stocked, IMDB, Kind.BACKDROP, **CARD, art=WORDED.file)

    assert (WIDE.path, WORDED.path) == (named.art.path, plain.art.path)
    assert not near(ink(opened(named.picture.body)), GROUNDS[WIDE])
    assert near(ink(opened(plain.picture.body)), GROUNDS[WORDED])
