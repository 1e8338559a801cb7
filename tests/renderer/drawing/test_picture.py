import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from renderer.drawing.picture import VERSION, Undecodable, draw_picture, shown
from shared.domain.awards import Award
from shared.domain.pictures import CANVAS, Format, Kind, Size
from shared.domain.ratings import Rating, RatingSite
from shared.settings.model import DEFAULT_ORDER, Fit
from tests.renderer.drawing.arts import RATINGS, decoded, encoded, lettering, near, picture, settings_of

ART = encoded(picture((780, 1170)), "JPEG", quality=92)
PLAIN = encoded(picture())


def changed(query: dict[str, Any], art: bytes = PLAIN) -> tuple[int, int, int, int] | None:
    """Return the box within which the badges changed the picture."""
    without_badges = decoded(draw_picture(settings_of(ratings_limit=0), art, {}))
    return ImageChops.difference(without_badges, decoded(draw_picture(settings_of(**query), art, RATINGS))).getbbox()


def test_the_badges_follow_the_order_of_the_settings() -> None:
    sites = [site for site, _ in shown(settings_of(ratings_order="rt,imdb"), RATINGS)]

    assert [RatingSite.RT, RatingSite.IMDB, RatingSite.MAL] == sites


def test_missing_ratings_and_values_off_their_scale_are_skipped_but_a_zero_is_shown() -> None:
    known = {
        RatingSite.MAL: Rating(10.5),
        RatingSite.LB: Rating(4.2),
        RatingSite.RT: Rating(0),
        RatingSite.MC: Rating(7),
    }

    sites = [site for site, _ in shown(settings_of(), known)]

    assert [RatingSite.LB, RatingSite.RT, RatingSite.MC] == sites


@given(st.integers(0, 10), st.sets(st.sampled_from(list(RatingSite))))
def test_no_more_badges_are_shown_than_the_limit(limit: int, sites: set[RatingSite]) -> None:
    known = {site: RATINGS[site] for site in sites}

    badges = shown(settings_of(ratings_limit=limit), known)

    assert min(limit, len(sites & set(DEFAULT_ORDER))) == len(badges)


@pytest.mark.parametrize(("fmt", "name"), [(Format.JPG, "JPEG"), (Format.PNG, "PNG"), (Format.WEBP, "WEBP")])
def test_a_picture_has_the_format_of_the_settings(fmt: Format, name: str) -> None:
    assert name == decoded(draw_picture(settings_of(fmt), ART, RATINGS)).format


@pytest.mark.parametrize("size", [Size.MEDIUM, Size.LARGE, Size.VERY_LARGE])
@pytest.mark.parametrize("fit", [Fit.COVER, Fit.PAD, Fit.BLUR])
def test_a_picture_has_the_size_of_the_settings(size: Size, fit: Fit) -> None:
    settings = settings_of(Format.JPG, imageSize=size, fit=fit)

    assert settings.canvas == decoded(draw_picture(settings, ART, RATINGS)).size


def test_a_native_picture_follows_the_art() -> None:
    assert (580, 870) == decoded(draw_picture(settings_of(fit="native"), ART, RATINGS)).size


@pytest.mark.parametrize("query", [{"ratings_limit": 0}, {}])
def test_without_badges_the_art_stays_as_it_is(query: dict[str, Any]) -> None:
    drawn = decoded(draw_picture(settings_of(**query), PLAIN, {}))

    assert picture().tobytes() == drawn.tobytes()


def test_only_the_area_of_the_badges_changes() -> None:
    left, top, right, bottom = changed({}) or (0, 0, 0, 0)

    assert 40 <= left < right <= 540
    assert 780 <= top < bottom <= 859


def test_the_same_input_gives_the_same_bytes() -> None:
    assert draw_picture(settings_of(Format.JPG), ART, RATINGS) == draw_picture(settings_of(Format.JPG), ART, RATINGS)


def test_concurrent_threads_draw_the_same_picture() -> None:
    looks = [
        settings_of(Format.JPG, position=position, label_style=label)
        for position in ("bc", "l", "tr")
        for label in "oit"
    ]
    expected = [draw_picture(one, ART, RATINGS) for one in looks]

    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda one: draw_picture(one, ART, RATINGS), looks * 3))

    assert expected * 3 == drawn


def test_blur_leaves_the_badges_sharp() -> None:
    grey = Image.new("RGB", (580, 859), (90, 90, 90))

    sharp, blurred = (decoded(draw_picture(settings_of(blur=blur), encoded(grey), RATINGS)) for blur in (False, True))

    assert sharp.tobytes() == blurred.tobytes()


@pytest.mark.parametrize(("kind", "size"), [(kind, size) for kind in Kind for size in CANVAS[kind]])
def test_every_kind_has_its_size(kind: Kind, size: Size) -> None:
    settings = settings_of(kind=kind, imageSize=size, ratings_limit=0)

    assert settings.canvas == decoded(draw_picture(settings, ART, RATINGS)).size


def test_a_logo_is_transparent_around_its_art_and_between_its_badges() -> None:
    drawn = decoded(draw_picture(settings_of(kind=Kind.LOGO), encoded(lettering()), RATINGS))

    assert "RGBA" == drawn.mode
    assert (780, 244 + 15) < drawn.size
    assert (0, 0) == drawn.getchannel("A").crop((0, 245, 780, 252)).getextrema()
    assert (0, 255) == drawn.getchannel("A").crop((0, 0, 780, 244)).getextrema()


def test_a_translucent_badge_of_a_logo_stays_translucent() -> None:
    opaque, translucent = (
        decoded(
            draw_picture(settings_of(kind=Kind.LOGO, badge_background=ground), encoded(lettering()), RATINGS)
        ).getchannel("A")
        for ground in "kt"
    )
    at = (140, opaque.height - 11)  # in the value's part

    assert 0.82 * 255 == pytest.approx(opaque.getpixel(at), abs=12)
    assert 0.56 * 255 == pytest.approx(translucent.getpixel(at), abs=12)


def test_a_webp_logo_keeps_its_transparency() -> None:
    drawn = decoded(draw_picture(settings_of(Format.WEBP, Kind.LOGO), encoded(lettering()), RATINGS))

    assert ("WEBP", "RGBA") == (drawn.format, drawn.mode)
    assert 0 == drawn.getchannel("A").getpixel((2, 250))


@pytest.mark.parametrize("award", list(Award))
@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 0, 0), (200, 160, 60)])
def test_an_award_is_visible_on_any_art(award: Award, ground: tuple[int, int, int]) -> None:
    art = encoded(Image.new("RGB", (580, 859), ground))
    without_award, awarded = (
        decoded(draw_picture(settings_of(ratings_limit=0), art, {}, given)) for given in (None, award)
    )

    left, top, right, bottom = ImageChops.difference(without_award, awarded).getbbox() or (0, 0, 0, 0)

    assert 512 <= left <= 525
    assert 12 <= top <= 21
    assert 560 <= right <= 574
    assert 131 <= bottom <= 142


def test_settings_without_awards_draw_none() -> None:
    assert draw_picture(settings_of(awards=False), PLAIN, RATINGS) == draw_picture(
        settings_of(awards=False), PLAIN, RATINGS, Award.OSCAR
    )


def test_a_portrait_in_place_of_a_still_is_not_cropped() -> None:
    poster = Image.new("RGB", (400, 600), (0, 0, 200))
    poster.paste((200, 0, 0), (0, 0, 400, 60))
    poster.paste((200, 0, 0), (0, 540, 400, 600))

    drawn = decoded(draw_picture(settings_of(kind=Kind.EPISODE, ratings_limit=0), encoded(poster), {}))

    assert near((200, 0, 0), drawn.getpixel((390, 8)), 6)
    assert near((200, 0, 0), drawn.getpixel((390, 430)), 6)
    assert near((0, 0, 124), drawn.getpixel((100, 220)), 8)


def test_a_still_fills_its_picture() -> None:
    still = Image.new("RGB", (1280, 720), (10, 120, 10))

    drawn = decoded(draw_picture(settings_of(kind=Kind.EPISODE, ratings_limit=0), encoded(still), {}))

    assert [(1, (10, 120, 10))] == [(1, colour) for _, colour in drawn.getcolors() or []]


def test_a_medium_backdrop_may_be_larger_than_a_poster() -> None:
    busy = encoded(Image.effect_noise((1280, 720), 40).convert("RGB"))

    assert 150_000 < len(draw_picture(settings_of(Format.JPG, Kind.BACKDROP), busy, RATINGS))


def test_broken_art_is_refused() -> None:
    with pytest.raises(Undecodable):
        draw_picture(settings_of(), ART[:5000], RATINGS)


def test_a_large_poster_is_reduced_to_what_clients_accept() -> None:
    busy = Image.effect_noise((580, 859), 26).convert("RGB")

    light = draw_picture(settings_of(Format.JPG), encoded(busy), RATINGS)
    unbound = draw_picture(settings_of(Format.JPG, imageSize="large"), encoded(busy.resize((1280, 1896))), RATINGS)

    assert 100_000 < len(unbound)
    assert len(light) < len(draw_picture(settings_of(Format.JPG), encoded(busy), RATINGS, quality=95))


def test_the_version_names_the_drawing_and_the_library() -> None:
    assert re.fullmatch(r"\d+-pillow(-simd)?-\d+\.\d+\.\d+(\.post\d+)?", VERSION)
