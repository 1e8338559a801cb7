import contextlib
import string
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import BadRequest
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.languages import Tag, canonical_language, home_country, read_languages, tag_of
from shared.settings.model import ArtPreference, Settings
from shared.settings.parameters import parse, parse_query


def poster(lang: str) -> Settings:
    return parse(Kind.POSTER, Format.JPG, {"lang": lang})


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("de", "de"),
        ("PT-br", "pt-BR"),
        ("zh-hans", "zh-Hans"),
        ("ZH-HANT-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("fil", "fil"),
        ("sl-rozaj-biske-1994", "sl"),
        ("de-DE-u-co-phonebk", "de-DE"),
        ("de, fr ,ORIGINAL,None", "de,fr,original,none"),
        ("none,original", "none,original"),
        ("de,en", "de"),
        ("en,de", "en,de"),
        ("en", "en"),
        ("en,en", "en"),
        ("de,de,fr,de", "de,fr"),
        ("nb,no", "nb"),
        ("iw", "iw"),
        ("cn", "cn"),
        ("tl,fil,de", "tl,de"),
        ("de,undefined,", "de"),
        ("undefined", ""),
        ("NULL", ""),
        (" , ", ""),
    ],
)
def test_languages_have_one_normal_form(written: str, expected: str) -> None:
    assert expected == read_languages(written)


@pytest.mark.parametrize(
    "written",
    [
        "d", "zz", "xx", "german", "de_DE", "de-", "-de", "dé", "de fr", "de;fr", "a1", "de-QQQQ", "und", "zxx",
        "x-own", "i-klingon", "de,fr,it,es,pt", "de,zz", "nones", "en-" + "x-" * 16 + "abcd", "zh-Hans-Hant",
        "de\n", "de\0",
    ],
)  # fmt: skip
def test_unknown_languages_and_more_than_four_are_refused(written: str) -> None:
    with pytest.raises(BadRequest, match="lang must be up to 4 words"):
        poster(written)


@pytest.mark.parametrize(
    "written",
    [
        "qaa", "qtz", "qqq-DE", "de-QM", "de-QZ", "de-XA", "de-XX", "de-XZ", "de-ZZ", "de-AA", "de-999", "de-840",
        "de-DY", "de-Qaaa", "de-Qabx", "de-Fake", "xyz-DE", "yy", "de,qaa", "original,de-XX",
    ],
)  # fmt: skip
def test_tags_for_private_use_and_made_up_ones_are_refused(written: str) -> None:
    with pytest.raises(BadRequest, match="lang must be up to 4 words"):
        poster(written)


@pytest.mark.parametrize(
    "written",
    [
        "en-GB", "en-UK", "pt-BR", "es-419", "en-001", "en-150", "zh-Hant-HK", "sr-Latn-RS", "sq-XK", "cs-XC", "de-XG",
        "en-XI", "sh", "mo", "in", "cn-HK", "deu-AT", "hbs", "sgn-US", "tlh", "en-EU", "hr-YU", "zh-cmn-Hans",
        "de-CH-1996",
    ],
)  # fmt: skip
def test_tags_in_use_are_taken(written: str) -> None:
    assert poster(written).lang


def test_most_tags_of_their_form_are_made_up() -> None:
    """There are 17,576 codes of three letters: what is stored is bounded by the registry, and not by the form."""
    taken = 0
    for letters in product(string.ascii_lowercase, repeat=3):
        with contextlib.suppress(ValueError):
            taken += bool(read_languages("".join(letters)))

    assert 7_000 < taken < 8_500


def test_a_tag_may_have_35_characters() -> None:
    longest = "de-x-" + "abcdefgh-" * 3 + "abc"

    assert (35, "de") == (len(longest), read_languages(longest))
    with pytest.raises(ValueError, match="abcdefgh"):
        read_languages(longest + "d")


@given(st.text(string.ascii_letters + string.digits + "-, ", max_size=40))
def test_the_normal_form_is_read_as_itself(written: str) -> None:
    try:
        normal = read_languages(written)
    except ValueError:
        return

    assert normal == read_languages(normal)


@pytest.mark.parametrize("nothing", ["undefined", "null", "", "undefined,null", ","])
def test_what_a_client_sends_without_a_language_counts_as_not_given(nothing: str) -> None:
    assert {} == parse_query(Kind.POSTER, {"lang": nothing})


def test_one_tag_keeps_the_hash_it_always_had() -> None:
    expected = {
        "": "12a60150d191ad2bed838abacec712ac",
        "de": "e9c3392643b8b1dc06069ac90a72a692",
        "pt-BR": "ac290088cdffa9efdfd4b5b19dc58d94",
        "nb": "2268e3330d346cbdfd6dfe406a4e007e",
        "en": "f7e00b871b32a62cde54bb6141eba518",
        "zh-TW": "1d914a14248eca8880c59e44a4dff5f4",
    }

    assert expected == {lang: settings_hash(poster(lang)) for lang in expected}


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("de", ArtPreference.FANART),
        ("original,de", ArtPreference.FANART),
        ("original", ArtPreference.TMDB),
        ("none,original", ArtPreference.TMDB),
    ],
)
def test_only_a_tag_prefers_fanart(lang: str, expected: ArtPreference) -> None:
    assert expected is poster(lang).art


@pytest.mark.parametrize(
    ("code", "expected"),
    [("nb", "no"), ("no", "no"), ("iw", "he"), ("tl", "fil"), ("cn", "zh"), ("deu", "de"), ("q9", "q9"), ("nn", "nn")],
)
def test_all_codes_of_a_language_are_one(code: str, expected: str) -> None:
    assert expected == canonical_language(code)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("pt", "PT"), ("fr", "FR"), ("es", "ES"), ("en", "US"), ("zh", "CN"), ("sv", "SE"), ("ar", "EG"), ("q9", "")],
)
def test_a_language_has_a_home(language: str, expected: str) -> None:
    assert expected == home_country(language)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("pt-BR", Tag("pt", frozenset({"BR"}))),
        ("nb-NO", Tag("no", frozenset({"NO"}))),
        ("zh-Hant", Tag("zh", frozenset({"TW", "HK", "MO"}))),
        ("zh-Hans-SG", Tag("zh", frozenset({"SG"}))),
        ("sr-Latn", Tag("sr", frozenset({"RS"}))),
        ("de", Tag("de")),
        ("en-UK", Tag("en", frozenset({"GB"}))),
        ("sq-XK", Tag("sq", frozenset({"XK"}))),
    ],
)
def test_a_tag_asks_for_countries_by_its_region_or_its_script(tag: str, expected: Tag) -> None:
    assert expected == tag_of(tag)


def test_latin_america_is_many_countries() -> None:
    regions = tag_of("es-419").regions

    assert {"MX", "AR", "CO"} < regions
    assert "ES" not in regions
