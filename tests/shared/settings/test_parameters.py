import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import BadRequest
from shared.domain.pictures import CANVAS, Format, Kind, Size
from shared.domain.ratings import RatingSite
from shared.settings.digest import settings_hash
from shared.settings.model import DEFAULT_ORDER, Axis, BadgeSize, Position, Settings
from shared.settings.parameters import FIELDS, PARAMETERS, Parameter, parse, parse_flag
from tests.shared.words import formats, kinds, queries

_NAMES = {
    "size": "imageSize",
    "limit": "ratings_limit",
    "badge_axis": "badge_style",
    "label": "label_style",
    "badge_size": "badge_size",
    "shape": "badge_shape",
    "background": "badge_background",
    "position": "position",
    "strip_axis": "direction",
    "split": "split",
    "fit": "fit",
    "blur": "blur",
    "inset_x": "edge_inset_x",
    "inset_y": "edge_inset_y",
    "art": "image_source",
    "textless": "textless",
    "lang": "lang",
    "awards": "awards",
    "sash_position": "sash_position",
    "age_rating": "age_rating",
    "age_position": "age_position",
    "region": "region",
    "average": "average",
    "weights": "weights",
    "min_votes": "min_votes",
    "rating_scale": "rating_scale",
    "badge_opacity": "badge_opacity",
    "badge_colour": "badge_colour",
    "font_colour": "font_colour",
    "site_colours": "site_colours",
    "quality": "badges",
    "quality_position": "badgePos",
    "quality_size": "badgeSize",
    "chips": "chips",
    "chips_position": "chips_position",
    "title": "title",
    "art_file": "art",
}


def as_query(look: Settings) -> dict[str, str]:
    """Return the query parameters that give these settings."""
    query = {name: _text(getattr(look, field)) for field, name in _NAMES.items() if field in FIELDS[look.kind]}
    query["sash"] = ",".join(look.sash)
    query["ratings_order"] = ",".join(look.ratings)
    query["ratings_exclude"] = ",".join(set(RatingSite) - set(look.ratings))
    return query


def _text(value: object) -> str:
    return (",".join(value) or "none") if isinstance(value, tuple) else str(value)


def poster(**query: str) -> Settings:
    return parse(Kind.POSTER, Format.JPG, query)


@given(kinds, formats, queries)
def test_the_normal_form_of_a_normal_form_is_itself(kind: Kind, fmt: Format, query: dict[str, str]) -> None:
    look = parse(kind, fmt, query)

    assert look == parse(kind, look.format, as_query(look))


@given(kinds, formats, queries)
def test_settings_survive_storage(kind: Kind, fmt: Format, query: dict[str, str]) -> None:
    look = parse(kind, fmt, query)

    assert look == msgspec.json.decode(msgspec.json.encode(look), type=Settings)


@given(kinds, formats, queries, queries)
def test_two_settings_have_one_hash_exactly_when_they_are_equal(
    kind: Kind, fmt: Format, one: dict[str, str], other: dict[str, str]
) -> None:
    a, b = parse(kind, fmt, one), parse(kind, fmt, other)

    assert (a == b) is (settings_hash(a) == settings_hash(b))


@given(kinds, formats, queries)
def test_the_order_of_parameters_does_not_matter(kind: Kind, fmt: Format, query: dict[str, str]) -> None:
    assert parse(kind, fmt, query) == parse(kind, fmt, dict(reversed(query.items())))


@given(kinds, st.sampled_from(PARAMETERS), st.text(max_size=12))
def test_a_value_is_parsed_or_refused_with_the_parameters_name(kind: Kind, param: Parameter, text: str) -> None:
    for name in param.names:
        try:
            parse(kind, Format.PNG, {name: text})
        except BadRequest as error:
            assert error.public.startswith(f"{name} must be ")  # noqa: PT017 - only when it is refused


BAD = {
    "imageSize": ["huge", "580", "small"],
    "ratings_order": ["imdb,rotten", "imdb;tmdb"],
    "ratings_limit": ["11", "-1", "3.0", "٣", "1e1", "three", "9" * 5000],
    "ratings_exclude": ["all"],
    "badge_style": ["x", "horizontal"],
    "label_style": ["text"],
    "badge_size": ["xxl"],
    "badge_shape": ["square"],
    "badge_background": ["c"],
    "position": ["centre", "cb"],
    "direction": ["x"],
    "badge_direction": ["x"],
    "split": ["maybe", "2"],
    "fit": ["stretch"],
    "blur": ["10"],
    "edge_inset": ["51", "-1", "5%"],
    "edge_inset_x": ["51"],
    "edge_inset_y": ["51"],
    "image_source": ["tmdb"],
    "poster_source": ["x"],
    "textless": ["x"],
    "fanart_textless": ["x"],
    "lang": ["d", "german", "de_DE", "de-", "-de", "d\u00e9", "e\n"],
    "awards": ["oscar"],
    "sash": ["oscar", "none,new", "award new"],
    "sash_position": ["l", "top"],
    "age_rating": ["true", "csm"],
    "age_position": ["bc", "tc"],
    "region": ["USA", "U", "de-DE", "ZZ", "AA", "12", "\u00dcS"],
    "average": ["mean", "critic"],
    "weights": [
        *("imdb", "imdb:101", "imdb:-1", "imdb:1.5", "nobody:5", "imdb:0,rt:0", "mdblist:5", "avg:3,avg:2", ","),
        ",".join(["imdb:1"] * 13),
    ],
    "min_votes": ["100"],
    "rating_scale": ["5", "percent"],
    "badge_opacity": ["9", "101", "0.5", "50%"],
    "badge_colour": ["reddish", "#12345", "url(x)"],
    "badge_color": ["gold,red"],
    "font_colour": ["#ggg", "rgb(1,2,3)"],
    "font_color": ["-"],
    "site_colours": ["imdb", "imdb:reddish", "nobody:red"],
    "site_colors": ["gold"],
    "badges": [],
    "badgePos": [],
    "badgeSize": [],
    "chips": ["plot", "genre,none"],
    "chips_position": ["l", "bottom|left"],
    "title": ["text", "true"],
    "art": [
        "a.gif",
        "https://example.com/a.jpg",
        "//example.com/a.jpg",
        "a/b.jpg",
        "../a.jpg",
        "a.jpg?b",
        ".jpg",
        "a" * 129 + ".jpg",
        "a.jpg\n",
        "é.jpg",
    ],
}
"""``badges`` and its companions are RPDB's words, which are never refused."""


def test_every_parameter_has_bad_values() -> None:
    assert {name for param in PARAMETERS for name in param.names} == set(BAD)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_a_bad_value_is_refused_with_the_allowed_values(name: str, text: str) -> None:
    (param,) = (param for param in PARAMETERS if name in param.names)

    kind = next(kind for kind in Kind if kind in param.kinds)

    with pytest.raises(BadRequest) as raised:
        parse(kind, Format.JPG, {name: text})

    assert f"{name} must be {param.allowed(kind)}." == raised.value.public


@pytest.mark.parametrize("kind", Kind)
def test_parameters_that_do_not_apply_to_a_kind_are_ignored(kind: Kind) -> None:
    strange = {name: "???" for param in PARAMETERS if kind not in param.kinds for name in param.names}

    assert parse(kind, Format.PNG, {}) == parse(kind, Format.PNG, strange | {"unknown": "???"})


def test_an_empty_value_counts_as_not_set() -> None:
    assert poster() == poster(**{name: "" for param in PARAMETERS for name in param.names})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"position": "bc", "direction": "h", "badge_style": "h", "ratings_limit": "3", "awards": "yes"}),
        ({"badge_style": "d", "direction": "d"}, {}),
        ({"position": "l"}, {"position": "l", "direction": "v", "badge_style": "v"}),
        ({"badge_direction": "v"}, {"direction": "v"}),
        ({"poster_source": "f"}, {"image_source": "F"}),
        ({"fanart_textless": "on"}, {"textless": "1"}),
        ({"imageSize": "verylarge"}, {"imageSize": "very-large"}),
        ({"edge_inset": "5"}, {"edge_inset_x": "5", "edge_inset_y": "5"}),
        ({"edge_inset": "5", "edge_inset_x": "7"}, {"edge_inset_x": "7", "edge_inset_y": "5"}),
        ({"lang": "PT-br"}, {"lang": "pt-BR"}),
        ({"ratings_order": "mal"}, {}),
        ({"ratings_order": "imdb,mal,imdb"}, {"ratings_order": " IMDB , mal ,lb"}),
        ({"ratings_limit": "10", "ratings_exclude": "imdb"}, {"ratings_limit": "9", "ratings_exclude": "imdb"}),
        ({"ratings_limit": "0"}, {"ratings_limit": "0", "position": "tl", "label_style": "t", "edge_inset": "9"}),
        ({"ratings_limit": "0"}, {"ratings_exclude": ",".join(RatingSite)}),
        ({"badge_shape": "p"}, {"badge_shape": "p", "badge_style": "v"}),
        ({"ratings_limit": "1"}, {"ratings_limit": "1", "split": "true"}),
        ({"split": "off"}, {"split": "FALSE"}),
        ({}, {"sash": "none", "sash_position": "br", "age_rating": "none", "age_position": "tl", "region": "DE"}),
        ({"sash": "new"}, {"sash": "NEW, new", "region": "us", "sash_position": "tl"}),
        ({"sash": "award"}, {"sash": "award", "region": "DE"}),
        ({"sash": "status", "lang": "pt-BR"}, {"sash": "status", "lang": "pt-BR", "region": "BR"}),
        ({"sash": "status", "lang": "fr"}, {"sash": "status", "lang": "fr", "region": "FR"}),
        ({"sash": "status", "lang": "none"}, {"sash": "status", "lang": "none", "region": "US"}),
        ({"age_rating": "commonsense"}, {"age_rating": "commonsense", "region": "DE"}),
        ({"age_rating": "official", "region": "UK"}, {"age_rating": "official", "region": "gb"}),
        ({"ratings_order": "avg"}, {"ratings_order": "avg", "average": "all", "weights": "equal", "min_votes": "no"}),
        ({}, {"average": "critics", "weights": "imdb:3", "rating_scale": "native", "badge_opacity": "100"}),
        ({"ratings_order": "avg", "weights": "rt:50,imdb:100"}, {"ratings_order": "avg", "weights": "imdb:2,rt:1"}),
        ({"ratings_order": "avg", "weights": "imdb:2"}, {"ratings_order": "avg", "weights": "rt:0,mdblist:9,imdb:7"}),
        ({"ratings_limit": "0"}, {"ratings_limit": "0", "min_votes": "1", "rating_scale": "10", "font_colour": "red"}),
        ({"badge_color": "Gold", "font_color": "#FFF"}, {"badge_colour": "#ffd700"}),
        ({"badge_background": "n"}, {"badge_background": "n", "badge_colour": "red", "badge_opacity": "20"}),
        ({"badge_background": "k"}, {"badge_background": "k", "site_colours": "imdb:red"}),
        ({"site_colours": "rt:f00,imdb:gold"}, {"site_colors": "imdb:ffd700, rt:red, mcu:blue"}),
        ({"badges": "4k,dolbyvision"}, {"badges": "4K,country.us,DolbyVisionColorAlt,4k"}),
        ({"badges": "hdr10plus,remux,atmos"}, {"badges": "hdr10plus_colorful,remuxgold,atmos3dsound,5stars,mkv"}),
        ({"badges": "truehd71,pcm51,hdr,sd"}, {"badges": "truehd71lossless,pcm51surround,hdrcolor,sd,8k"}),
        ({}, {"badges": "none", "badgePos": "right", "badgeSize": "small"}),
        ({"badges": "4k"}, {"badges": "4k", "badgePos": "middle", "badgeSize": "huge"}),
        ({}, {"chips": "none", "chips_position": "tr"}),
        ({"art": "/a.jpg"}, {"art": "a.jpg", "textless": "true", "image_source": "f"}),
        ({"chips": "year,genre"}, {"chips": " Year,GENRE,year"}),
        (
            {"ratings_limit": "0", "badges": "4k", "badge_shape": "p"},
            {"ratings_limit": "0", "badges": "4k", "badge_shape": "p", "badge_background": "k"},
        ),
    ],
)
def test_equal_meaning_has_one_hash(one: dict[str, str], other: dict[str, str]) -> None:
    assert settings_hash(poster(**one)) == settings_hash(poster(**other))


CHANGES = {
    "imageSize": "large",
    "ratings_order": "ebert",
    "ratings_limit": "4",
    "ratings_exclude": "ebert",
    "badge_style": "v",
    "label_style": "t",
    "badge_size": "xl",
    "badge_shape": "p",
    "badge_background": "k",
    "position": "tc",
    "direction": "v",
    "split": "1",
    "fit": "pad",
    "blur": "1",
    "edge_inset_x": "1",
    "edge_inset_y": "1",
    "image_source": "f",
    "textless": "1",
    "lang": "de",
    "awards": "0",
    "sash": "new",
    "age_rating": "official",
    "min_votes": "1",
    "rating_scale": "100",
    "badge_opacity": "50",
    "badge_colour": "navy",
    "font_colour": "gold",
    "site_colours": "imdb:red",
    "badges": "4k",
    "chips": "genre",
}


def test_different_meaning_has_different_hashes() -> None:
    looks = [poster(), *(poster(**{name: text}) for name, text in CHANGES.items())]
    looks += [parse(kind, fmt, {}) for kind in Kind for fmt in Format if (kind, fmt) != (Kind.POSTER, Format.JPG)]
    looks += [poster(ratings_order="avg"), poster(ratings_order="avg", average="critics")]
    looks += [poster(ratings_order="avg", weights="imdb:2,rt:1"), poster(ratings_order="mcu")]
    looks += [poster(badges="4k,hdr"), poster(badges="hdr,4k"), poster(badges="4k", badgePos="bottom|left")]
    looks += [poster(badges="4k", badgeSize="small"), poster(chips="year,genre"), poster(chips="genre,year")]
    looks += [poster(chips="genre", chips_position="tr"), poster(chips="genre", ratings_limit="0")]
    looks += [poster(chips="genre", ratings_limit="0", badge_background="k")]
    different = [look for look in looks if (look.kind, look.format) != (Kind.LOGO, Format.JPG)]

    assert len(set(different)) == len({settings_hash(look) for look in different})
    assert len(CHANGES) + 1 == len({settings_hash(look) for look in looks[: len(CHANGES) + 1]})


@pytest.mark.parametrize("query", [{"badge_shape": "p"}, {"badge_background": "k"}, {"badge_size": "l"}])
def test_labels_look_like_the_badges_that_are_not_there(query: dict[str, str]) -> None:
    plain = {"ratings_limit": "0", "sash": "new"}

    assert settings_hash(poster(**plain)) != settings_hash(poster(**plain, **query))


def test_the_order_of_a_sash_has_a_meaning() -> None:
    assert settings_hash(poster(sash="new,top")) != settings_hash(poster(sash="top,new"))


def test_a_logo_is_always_transparent() -> None:
    assert [Format.PNG, Format.PNG, Format.WEBP] == [
        parse(Kind.LOGO, fmt, {}).format for fmt in (Format.JPG, Format.PNG, Format.WEBP)
    ]


def test_a_backdrop_is_not_larger_than_large() -> None:
    look = parse(Kind.BACKDROP, Format.JPG, {"imageSize": "very-large"})

    assert (Size.LARGE, (3840, 2160)) == (look.size, look.canvas)


@pytest.mark.parametrize("kind", Kind)
def test_small_is_for_backdrops_and_episodes(kind: Kind) -> None:
    if kind in {Kind.BACKDROP, Kind.EPISODE}:
        assert Size.SMALL is parse(kind, Format.JPG, {"imageSize": "small"}).size
    else:
        with pytest.raises(BadRequest):
            parse(kind, Format.JPG, {"imageSize": "small"})


def test_defaults_are_as_documented() -> None:
    looks = {kind: parse(kind, Format.PNG, {}) for kind in Kind}

    assert [3, 5, 5, 1] == [look.limit for look in looks.values()]
    assert [Position.BOTTOM_CENTRE, Position.TOP_RIGHT, Position.TOP_RIGHT] == [
        looks[kind].position for kind in (Kind.POSTER, Kind.BACKDROP, Kind.EPISODE)
    ]
    assert [Axis.HORIZONTAL, Axis.HORIZONTAL, Axis.VERTICAL, Axis.VERTICAL] == [
        look.strip_axis for look in looks.values()
    ]
    assert [BadgeSize.M, BadgeSize.M, BadgeSize.M, BadgeSize.L] == [look.badge_size for look in looks.values()]
    assert [(580, 859), (780, 244), (1920, 1080), (780, 439)] == [look.canvas for look in looks.values()]


@pytest.mark.parametrize("query", [{"badges": "country.us,5stars,mkv"}, {"badgePos": "%00"}, {"badgeSize": "?"}])
def test_a_word_of_rpdb_that_means_nothing_here_is_left_out(query: dict[str, str]) -> None:
    assert poster() == poster(**query)


def test_of_more_than_four_qualities_the_first_four_that_are_known_count() -> None:
    asked = poster(badges="country.de,4k,dolbyvision,5stars,remux,atmos,h265,web")

    assert ("4k", "dolbyvision", "remux", "atmos") == asked.quality


@pytest.mark.parametrize("site", ["avg", "mcu", "anilist", "kitsu"])
def test_a_site_outside_the_usual_order_is_shown_only_if_it_is_named(site: str) -> None:
    named = poster(ratings_order=f"rt,{site}")

    assert site not in poster(ratings_order="rt").ratings
    assert ("rt", site, *(each for each in DEFAULT_ORDER if each != "rt")) == named.ratings
    assert site not in poster(ratings_order=f"rt,{site}", ratings_exclude=site).ratings


def test_an_excluded_rating_moves_the_next_one_up() -> None:
    assert DEFAULT_ORDER[1:] == poster(ratings_exclude="mal").ratings


def test_all_sizes_have_pixels() -> None:
    assert all(width > 0 and height > 0 for sizes in CANVAS.values() for width, height in sizes.values())


def test_a_flag_outside_the_settings_is_parsed_alike() -> None:
    assert [True, False, False] == [parse_flag("fallback", text) for text in ("TRUE", "off", "")]
    with pytest.raises(BadRequest, match="fallback must be one of"):
        parse_flag("fallback", "maybe")
