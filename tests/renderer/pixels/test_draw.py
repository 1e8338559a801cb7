import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from renderer.pixels.draw import VERSION, Undecodable, draw, shown
from shared.errors import Unsupported
from shared.ratings import Rating, RatingSite
from shared.settings import Fit, Format, Kind, Size
from tests.renderer.pixels.arts import RATINGS, decoded, encoded, look, picture

ART = encoded(picture((780, 1170)), "JPEG", quality=92)
PLAIN = encoded(picture())


def changed(query: dict[str, Any], art: bytes = PLAIN) -> tuple[int, int, int, int] | None:
    """Return the box within which the badges changed the plain picture."""
    plain = decoded(draw(look(ratings_limit=0), art, {}))
    return ImageChops.difference(plain, decoded(draw(look(**query), art, RATINGS))).getbbox()


def test_the_badges_follow_the_order_of_the_look() -> None:
    sites = [site for site, _ in shown(look(ratings_order="rt,imdb"), RATINGS)]

    assert [RatingSite.RT, RatingSite.IMDB, RatingSite.MAL] == sites


def test_the_next_moves_up_for_what_is_missing_or_reads_zero() -> None:
    known = {
        RatingSite.MAL: Rating(0.001),
        RatingSite.LB: Rating(4.2),
        RatingSite.RT: Rating(0.4),
        RatingSite.MC: Rating(7),
    }

    sites = [site for site, _ in shown(look(), known)]

    assert [RatingSite.LB, RatingSite.MC] == sites


@given(st.integers(0, 10), st.sets(st.sampled_from(list(RatingSite))))
def test_no_more_badges_are_shown_than_the_look_allows(limit: int, sites: set[RatingSite]) -> None:
    known = {site: RATINGS[site] for site in sites}

    badges = shown(look(ratings_limit=limit), known)

    assert min(limit, len(sites)) == len(badges)


@pytest.mark.parametrize(("fmt", "name"), [(Format.JPG, "JPEG"), (Format.PNG, "PNG"), (Format.WEBP, "WEBP")])
def test_a_picture_comes_in_the_format_of_the_look(fmt: Format, name: str) -> None:
    assert name == decoded(draw(look(fmt), ART, RATINGS)).format


@pytest.mark.parametrize("size", [Size.MEDIUM, Size.LARGE, Size.VERY_LARGE])
@pytest.mark.parametrize("fit", [Fit.COVER, Fit.PAD, Fit.BLUR])
def test_a_picture_has_the_size_of_the_look(size: Size, fit: Fit) -> None:
    settings = look(Format.JPG, imageSize=size, fit=fit)

    assert settings.canvas == decoded(draw(settings, ART, RATINGS)).size


def test_a_native_picture_follows_the_art() -> None:
    assert (580, 870) == decoded(draw(look(fit="native"), ART, RATINGS)).size


@pytest.mark.parametrize("query", [{"ratings_limit": 0}, {}])
def test_without_badges_the_art_stays_as_it_is(query: dict[str, Any]) -> None:
    drawn = decoded(draw(look(**query), PLAIN, {}))

    assert picture().tobytes() == drawn.tobytes()


def test_only_the_surroundings_of_the_badges_change() -> None:
    left, top, right, bottom = changed({}) or (0, 0, 0, 0)

    assert 40 <= left < right <= 540
    assert 780 <= top < bottom <= 859


def test_the_same_words_give_the_same_bytes() -> None:
    assert draw(look(Format.JPG), ART, RATINGS) == draw(look(Format.JPG), ART, RATINGS)


def test_threads_draw_what_one_draws() -> None:
    looks = [
        look(Format.JPG, position=position, label_style=label) for position in ("bc", "l", "tr") for label in "oit"
    ]
    expected = [draw(one, ART, RATINGS) for one in looks]

    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda one: draw(one, ART, RATINGS), looks * 3))

    assert expected * 3 == drawn


def test_blur_leaves_the_badges_sharp() -> None:
    plain = Image.new("RGB", (580, 859), (90, 90, 90))

    sharp, blurred = (decoded(draw(look(blur=blur), encoded(plain), RATINGS)) for blur in (False, True))

    assert sharp.tobytes() == blurred.tobytes()


@pytest.mark.parametrize("kind", [Kind.LOGO, Kind.BACKDROP, Kind.EPISODE])
def test_a_kind_that_is_not_drawn_yet_says_so(kind: Kind) -> None:
    with pytest.raises(Unsupported):
        draw(look(kind=kind), ART, RATINGS)


def test_broken_art_is_refused() -> None:
    with pytest.raises(Undecodable):
        draw(look(), ART[:5000], RATINGS)


def test_a_heavy_poster_is_made_light_enough_for_clients() -> None:
    busy = Image.effect_noise((580, 859), 26).convert("RGB")

    light = draw(look(Format.JPG), encoded(busy), RATINGS)
    unbound = draw(look(Format.JPG, imageSize="large"), encoded(busy.resize((1280, 1896))), RATINGS)

    assert 100_000 < len(unbound)
    assert len(light) < len(draw(look(Format.JPG), encoded(busy), RATINGS, quality=95))


def test_the_version_names_the_drawing_and_the_library() -> None:
    assert re.fullmatch(r"\d+-pillow(-simd)?-\d+\.\d+\.\d+(\.post\d+)?", VERSION)
