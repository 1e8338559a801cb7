"""What a card is drawn on and what names its title, through the whole pipeline."""

import io

import msgspec
import pytest
from PIL import Image

from renderer.content.fallback import plain_settings
from renderer.jobs.context import ChosenOverlay, Drawn, Rated
from renderer.jobs.fingerprint import fingerprint
from renderer.jobs.outcome import JobOutcome
from renderer.jobs.pipeline import Pipeline
from services.artwork import Art
from services.titles import TitleName
from shared.domain.errors import ArtNotFound, MarqueeError, SourceDown
from shared.domain.pictures import Format, Kind
from shared.queue.messages import Priority
from shared.settings.parameters import parse
from tests.renderer.steps.test_steps import processed
from tests.renderer.studio import IMDB, Studio, a_title

TWO_DAYS_S = 2 * 86_400
CARD = {"imageSize": "small", "title": "logo", "position": "br", "ratings_limit": "0"}
WIDE = Art("/wide.jpg", 1280, 720, None, kind=Kind.BACKDROP)
WORDED = Art("/worded.jpg", 1280, 720, "en", kind=Kind.BACKDROP)
ELSEWHERE = Art("/elsewhere.jpg", 1280, 720, None, kind=Kind.BACKDROP)
ENGLISH = Art("/en.png", 400, 100, "en", kind=Kind.LOGO)
GERMAN = Art("/de.png", 400, 100, "de", kind=Kind.LOGO)
JAPANESE = Art("/ja.png", 400, 100, "ja", kind=Kind.LOGO)
POSTER, BARE_POSTER = Art("/poster.jpg", 600, 900, "en"), Art("/bare.jpg", 600, 900, None)
INKS = {ENGLISH: (250, 60, 60), GERMAN: (60, 250, 60), JAPANESE: (60, 60, 250)}
GROUNDS = {WIDE: (140, 140, 140), WORDED: (150, 110, 30), ELSEWHERE: (110, 30, 150)}


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def logo(colour: tuple[int, int, int]) -> bytes:
    image = Image.new("RGBA", (400, 100))
    image.paste((*colour, 255), (0, 0, 400, 90))
    image.putpixel((399, 99), (*colour, 255))
    return png(image)


def flat(colour: tuple[int, int, int], size: tuple[int, int] = (1280, 720)) -> bytes:
    return png(Image.new("RGB", size, colour))


@pytest.fixture
def stocked(studio: Studio) -> Studio:
    """Set up art of every sort at the first source, and one backdrop at the other; tests say what is listed."""
    art: dict[str, bytes | MarqueeError] = {each.path: logo(ink) for each, ink in INKS.items()}
    art |= {each.path: flat(ground) for each, ground in GROUNDS.items()}
    art |= {POSTER.path: flat((200, 20, 20), (600, 900)), BARE_POSTER.path: flat((20, 20, 200), (600, 900))}
    studio.sources.art, studio.other_art.art = art, dict(art)
    return studio


def listed(studio: Studio, *arts: Art, original: str | None = "en", **fields: str) -> None:
    kinds = {art.kind for art in arts}
    gallery = {kind: tuple(art for art in arts if art.kind is kind) for kind in kinds}
    title = msgspec.structs.replace(a_title(film_date=None), gallery=gallery, original_lang=original, **fields)
    studio.sources.title_known = title


async def card(studio: Studio, **query: str) -> tuple[Drawn, Image.Image]:
    result = await processed(studio, IMDB, Kind.BACKDROP, **CARD | query)
    assert isinstance(result, Drawn)
    return result, opened(result.picture.body)


def opened(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body)).convert("RGB")


def ink(picture: Image.Image) -> tuple[int, int, int]:
    """Return the colour in the middle of the logo's box, roughly, as JPEG keeps it."""
    pixel = picture.getpixel((150, 640))
    assert isinstance(pixel, tuple)
    return (round(pixel[0], -1), round(pixel[1], -1), round(pixel[2], -1))


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 12 for a, b in zip(one, other, strict=True))


async def test_the_logo_that_the_settings_would_choose_is_drawn_on_art_without_text(stocked: Studio) -> None:
    listed(stocked, WORDED, WIDE, JAPANESE, GERMAN, ENGLISH, original="ja")

    for lang, chosen in (("", ENGLISH), ("de", GERMAN), ("fr,original", JAPANESE), ("original", JAPANESE)):
        result, picture = await card(stocked, lang=lang)

        assert (WIDE.path, True) == (result.art.path, near(ink(picture), INKS[chosen])), lang


async def test_art_without_text_of_the_other_source_comes_before_art_with_text(stocked: Studio) -> None:
    listed(stocked, WORDED, ENGLISH)
    stocked.other_art.pictures = {Kind.BACKDROP: (ELSEWHERE,)}

    result, picture = await card(stocked)

    assert (ELSEWHERE.path, True) == (result.art.path, near(ink(picture), INKS[ENGLISH]))


async def test_art_with_text_has_no_logo_and_is_not_darkened(stocked: Studio) -> None:
    listed(stocked, WORDED, ENGLISH)

    result, picture = await card(stocked)

    assert WORDED.path == result.art.path
    assert near(ink(picture), GROUNDS[WORDED])
    assert near(picture.getpixel((1270, 719)), GROUNDS[WORDED])  # type: ignore[arg-type]


async def test_without_a_backdrop_the_poster_names_the_title(stocked: Studio) -> None:
    listed(stocked, BARE_POSTER, POSTER, ENGLISH)

    result, picture = await card(stocked)

    assert POSTER.path == result.art.path
    assert near(picture.getpixel((640, 5)), (200, 20, 20))  # type: ignore[arg-type]
    assert near(picture.getpixel((640, 715)), (200, 20, 20))  # type: ignore[arg-type]


async def test_without_any_art_there_is_no_card(stocked: Studio) -> None:
    listed(stocked, ENGLISH)

    with pytest.raises(ArtNotFound):
        await card(stocked)


async def test_a_plain_backdrop_asks_for_no_logo_and_no_poster(stocked: Studio) -> None:
    listed(stocked, WIDE, ENGLISH)
    await processed(stocked, IMDB, Kind.BACKDROP, ratings_limit="0")
    listed(stocked, POSTER)

    with pytest.raises(ArtNotFound):
        await processed(stocked, IMDB, Kind.BACKDROP, ratings_limit="0", imageSize="small")
    assert 1 == stocked.sources.calls["fetch"]
    assert "names" not in stocked.sources.calls


async def test_a_logo_that_cannot_be_used_gives_way_to_the_next_and_then_to_the_name(stocked: Studio) -> None:
    listed(stocked, WIDE, ENGLISH, GERMAN)
    stocked.sources.art[ENGLISH.path] = flat((250, 250, 250), (400, 100))

    _, picture = await card(stocked)
    assert near(ink(picture), INKS[GERMAN])

    stocked.sources.art[GERMAN.path] = b"no picture"
    _, picture = await card(stocked, blur="true")
    assert lettered(picture)


def lettered(picture: Image.Image) -> bool:
    """Return whether there is white lettering in the logo's box, and with it the darkening."""
    pixels = picture.crop((51, 470, 512, 692)).convert("L").histogram()
    return sum(pixels[240:]) > 1000


NAMES = (TitleName("Großstadt", "de", "DE"), TitleName("大都会", "ja", "JP"), TitleName("Metrópolis", "es", "ES"))


@pytest.mark.parametrize(
    ("lang", "expected", "calls"),
    [
        ("", "Metropolis", 0),
        ("en-GB", "Metropolis", 0),
        ("de", "Großstadt", 1),
        ("ja,es", "Metrópolis", 1),
        ("original", "Metropolis, sv", 0),
        ("ko", "Metropolis", 1),
    ],
)
async def test_without_a_logo_the_name_follows_the_languages(
    stocked: Studio, lang: str, expected: str, calls: int
) -> None:
    listed(stocked, WIDE, original="sv", original_name="Metropolis, sv")
    stocked.sources.names_known = NAMES

    result, picture = await card(stocked, lang=lang)

    assert lettered(picture)
    assert calls == stocked.sources.calls.get("names", 0)
    assert says(lang, expected) == result.picture.metadata.fingerprint


def says(lang: str, name: str) -> str:
    """Return the fingerprint of a card that says this name."""
    settings = parse(Kind.BACKDROP, Format.JPG, CARD | {"lang": lang})
    return fingerprint(settings, Rated(), WIDE, overlay=ChosenOverlay(name=name))


async def test_a_name_that_cannot_be_written_leaves_the_art_as_it_is(stocked: Studio) -> None:
    listed(stocked, WIDE, name="七人の侍", original="ja", original_name="七人の侍")

    _, picture = await card(stocked)

    assert near(picture.getpixel((1270, 719)), GROUNDS[WIDE])  # type: ignore[arg-type]


async def test_names_that_cannot_be_had_make_the_card_degraded(stocked: Studio) -> None:
    listed(stocked, WIDE)
    stocked.sources.names_known = SourceDown("tmdb", "status 500")

    result, picture = await card(stocked, lang="de")

    assert lettered(picture)
    assert result.degraded


async def test_a_card_is_redrawn_when_another_logo_is_best_and_only_then(stocked: Studio) -> None:
    listed(stocked, WIDE, ENGLISH)
    await card(stocked)
    stocked.clock.advance(TWO_DAYS_S)
    pipeline = Pipeline(stocked.dependencies, stocked.metrics)
    settings = parse(Kind.BACKDROP, Format.JPG, CARD)
    job = msgspec.structs.replace(await stocked.job(IMDB, Kind.BACKDROP, **CARD), lane=Priority.REFRESH, force=False)

    unchanged = await pipeline.run(job, settings)
    stocked.clock.advance(TWO_DAYS_S)
    listed(stocked, WIDE, msgspec.structs.replace(GERMAN, lang="en"), ENGLISH)
    changed = await pipeline.run(job, settings)

    assert (JobOutcome.UNCHANGED, JobOutcome.DRAWN) == (unchanged.outcome, changed.outcome)


async def test_the_fallback_of_a_card_is_its_art_without_the_title(stocked: Studio) -> None:
    listed(stocked, WIDE, ENGLISH)
    settings = plain_settings(parse(Kind.BACKDROP, Format.JPG, CARD))

    picture = await Pipeline(stocked.dependencies, stocked.metrics).run_fallback(
        await stocked.job(IMDB, Kind.BACKDROP), settings
    )

    assert near(ink(Image.open(io.BytesIO(picture.body)).convert("RGB")), GROUNDS[WIDE])
