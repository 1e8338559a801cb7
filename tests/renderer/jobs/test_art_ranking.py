"""Which of a title's pictures comes first, by language and country."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renderer.jobs.art_ranking import rank_artwork
from services.artwork import MAX_CANDIDATES, Art, limit_art
from services.tmdb.answer import answer_of
from services.tmdb.reader import read_title
from shared.domain.ids import MediaId
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import parse
from tests.recorded_inputs import CASES, needs

LANGUAGE_CASES = CASES / "languages.json"


def first(lang: str, *arts: str, original: str | None = None, kind: Kind = Kind.POSTER, **query: str) -> str:
    """Return the best of some pictures, each written like ``pt-BR`` or ``none``, most liked first."""
    listed = tuple(art(written, kind) for written in arts)
    settings = parse(kind, Format.PNG, {"lang": lang, **query})
    return rank_artwork(listed, settings, original)[0].path


def art(written: str, kind: Kind) -> Art:
    language, _, region = written.partition("-")
    return Art(written, 400, 600, None if language == "none" else language, region or None, kind=kind)


@pytest.mark.parametrize(
    ("lang", "arts", "expected"),
    [
        ("pt-BR", ["en", "pt-PT", "pt-AO", "pt", "pt-BR"], "pt-BR"),
        ("pt-BR", ["en", "pt-AO", "pt-PT", "pt"], "pt"),
        ("pt-BR", ["en", "pt-AO", "pt-PT"], "pt-PT"),
        ("pt-BR", ["en", "pt-AO"], "pt-AO"),
        ("pt-BR", ["de", "en-GB"], "en-GB"),
        ("fr", ["fr-CA", "fr-FR"], "fr-FR"),
        ("fr", ["fr-FR", "fr"], "fr"),
        ("fr", ["en", "fr-CA"], "fr-CA"),
        ("fr-CA", ["fr-FR", "fr-CA"], "fr-CA"),
        ("de-AT", ["de-CH", "de-DE"], "de-DE"),
        ("zh-Hant", ["zh-CN", "zh-HK"], "zh-HK"),
        ("zh-Hans", ["zh-TW", "zh-CN"], "zh-CN"),
        ("zh-Hans", ["zh-TW", "zh"], "zh"),
        ("es-419", ["es-ES", "es-MX"], "es-MX"),
        ("es-MX", ["es-AR", "es-ES"], "es-ES"),
    ],
)
def test_the_country_asked_for_then_none_then_the_languages_home_then_others(
    lang: str, arts: list[str], expected: str
) -> None:
    assert expected == first(lang, *arts)


@pytest.mark.parametrize(
    ("lang", "arts", "expected"),
    [
        ("nb", ["en", "no"], "no"),
        ("no", ["en", "nb-NO"], "nb-NO"),
        ("iw", ["en", "he"], "he"),
        ("he", ["en", "iw"], "iw"),
        ("tl", ["en", "fil"], "fil"),
        ("fil", ["en", "tl-PH"], "tl-PH"),
        ("cn", ["en", "zh"], "zh"),
        ("zh", ["en", "cn"], "cn"),
    ],
)
def test_all_codes_of_a_language_find_its_pictures(lang: str, arts: list[str], expected: str) -> None:
    assert expected == first(lang, *arts)


@pytest.mark.parametrize(
    ("lang", "original", "arts", "expected"),
    [
        ("de,fr", "ja", ["en", "ja", "fr", "de"], "de"),
        ("de,fr", "ja", ["en", "ja", "fr-CA"], "fr-CA"),
        ("de,original", "ja", ["en", "fr", "ja"], "ja"),
        ("de,none", "ja", ["en", "ja", "none"], "none"),
        ("none,original", "ja", ["en", "ja"], "ja"),
        ("none,original", None, ["ru", "en"], "en"),
        ("original", "cn", ["en", "zh"], "zh"),
        ("original", None, ["fr", "en"], "en"),
        ("original", "pt", ["pt-BR", "pt-PT"], "pt-PT"),
        ("de", "ja", ["none", "ja", "en"], "en"),
        ("de", "ja", ["none", "ru", "ja"], "ja"),
        ("", "ja", ["none", "ru", "ja"], "ja"),
        ("", "ja", ["ru", "none"], "none"),
        ("", "ta", ["none", "ta"], "ta"),
        ("none,original", "ta", ["ta", "none", "en"], "none"),
        ("", None, ["ru", "none"], "none"),
        ("", "ja", ["ru", "fr"], "ru"),
        ("", "ja", ["en-GB", "en"], "en-GB"),
    ],
)
def test_each_word_in_turn_then_english_the_original_language_no_text_and_any(
    lang: str, original: str | None, arts: list[str], expected: str
) -> None:
    assert expected == first(lang, *arts, original=original)


@pytest.mark.parametrize("query", [{"textless": "true"}, {}])
def test_no_text_comes_first_where_it_is_asked_for_and_on_wide_pictures(query: dict[str, str]) -> None:
    kind = Kind.POSTER if query else Kind.BACKDROP

    assert "none" == first("de,original", "de", "ja", "none", original="ja", kind=kind, **query)


def test_logos_follow_the_same_order() -> None:
    assert "ja" == first("de", "none", "ru", "ja", original="ja", kind=Kind.LOGO)


@needs(LANGUAGE_CASES)
def test_every_case_has_its_right_picture() -> None:
    cases = json.loads(LANGUAGE_CASES.read_text())

    assert cases
    for case in cases:
        body = {
            "id": 1,
            "original_language": case.get("original_language", "en"),
            "images": {"posters": case["posters"]},
        }
        title = read_title(MediaId.parse("movie-1"), answer_of(body))
        query = dict(part.split("=") for part in case["look"].split("&") if part)
        settings = parse(Kind.POSTER, Format.JPG, query)
        best = rank_artwork(title.gallery[Kind.POSTER], settings, title.original_lang)[0]

        assert f"/{case['right']}.jpg" == best.path


ARTS = st.lists(
    st.builds(
        Art,
        st.integers(0, 300).map(lambda nth: f"/{nth}.jpg"),
        st.just(400),
        st.just(600),
        st.sampled_from([None, "en", "en", "en", "de", "pt", "zh", "cn", "nb", "no", "und"]),
        st.sampled_from([None, "US", "BR", "PT", "CN", "TW", "HK"]),
    ),
    max_size=120,
    unique_by=lambda art: art.path,
)
LANGUAGES = ["", "en", "pt-BR", "pt-BR,de", "zh-Hant", "zh", "no", "none", "original", "fr,original,none"]


@given(ARTS, st.sampled_from(LANGUAGES), st.sampled_from([None, "en", "zh", "de"]), st.sampled_from(["true", "false"]))
def test_the_candidates_of_a_list_are_all_that_any_settings_choose(
    listed: list[Art], lang: str, original: str | None, textless: str
) -> None:
    settings = parse(Kind.POSTER, Format.PNG, {"lang": lang, "textless": textless})

    chosen = rank_artwork(limit_art(listed), settings, original)[:MAX_CANDIDATES]

    assert rank_artwork(tuple(listed), settings, original)[:MAX_CANDIDATES] == chosen


def test_a_picture_that_is_listed_twice_is_one_candidate() -> None:
    english = [Art(f"/{nth}.jpg", 400, 600, "en") for nth in (1, 1, 2, 3, 4)]
    german = [Art(f"/{nth}.jpg", 400, 600, "de") for nth in (3, 4)]

    assert [*english[1:4], german[1]] == list(limit_art(english + german))
