"""The text behind every settings hash: a change here changes the URLs of pictures, so it must be intended."""

import hashlib
from textwrap import dedent

import pytest

from shared.domain.errors import UnknownSettings
from shared.domain.pictures import Format, Kind
from shared.settings.digest import parse_hash, settings_hash, settings_text
from shared.settings.model import Settings
from shared.settings.parameters import parse

GOLDEN = [
    (
        Kind.POSTER,
        Format.JPG,
        "",
        "12a60150d191ad2bed838abacec712ac",
        """\
        marquee look 1
        kind poster
        format jpg
        size medium
        ratings mal,imdb,lb,rt,mc,rta,tmdb,trakt,mdblist,ebert
        limit 3
        badge_axis h
        label o
        badge_size m
        shape r
        background d
        position bc
        strip_axis h
        split no
        fit cover
        blur no
        inset_x 0
        inset_y 0
        art t
        textless no
        lang
        awards yes
        """,
    ),
    (
        Kind.POSTER,
        Format.PNG,
        "imageSize=very-large&ratings_limit=0",
        "f918b77d77fbd46414557f10ae886922",
        """\
        marquee look 1
        kind poster
        format png
        size very-large
        ratings
        limit 0
        badge_axis h
        label o
        badge_size m
        shape r
        background d
        position bc
        strip_axis h
        split no
        fit cover
        blur no
        inset_x 0
        inset_y 0
        art t
        textless no
        lang
        awards yes
        """,
    ),
    (
        Kind.POSTER,
        Format.WEBP,
        "lang=pt-br&textless=1&awards=no&fit=blur",
        "46f2583a4ad01ef5b5b8c8849c9fe8ae",
        """\
        marquee look 1
        kind poster
        format webp
        size medium
        ratings mal,imdb,lb,rt,mc,rta,tmdb,trakt,mdblist,ebert
        limit 3
        badge_axis h
        label o
        badge_size m
        shape r
        background d
        position bc
        strip_axis h
        split no
        fit blur
        blur no
        inset_x 0
        inset_y 0
        art f
        textless yes
        lang pt-BR
        awards no
        """,
    ),
    (
        Kind.POSTER,
        Format.JPG,
        "position=tl&badge_style=h&edge_inset=5&ratings_exclude=imdb,mal",
        "0a6ed6f10288c753a37b7754acf4e53b",
        """\
        marquee look 1
        kind poster
        format jpg
        size medium
        ratings lb,rt,mc,rta,tmdb,trakt,mdblist,ebert
        limit 3
        badge_axis h
        label o
        badge_size m
        shape r
        background d
        position tl
        strip_axis v
        split no
        fit cover
        blur no
        inset_x 5
        inset_y 5
        art t
        textless no
        lang
        awards yes
        """,
    ),
    (
        Kind.POSTER,
        Format.JPG,
        "badge_shape=p&badge_background=t&label_style=i&split=yes&ratings_limit=10",
        "a2bb11b70f68f2faab18e0fccd91a329",
        """\
        marquee look 1
        kind poster
        format jpg
        size medium
        ratings mal,imdb,lb,rt,mc,rta,tmdb,trakt,mdblist,ebert
        limit 10
        badge_axis h
        label i
        badge_size m
        shape p
        background t
        position bc
        strip_axis h
        split yes
        fit cover
        blur no
        inset_x 0
        inset_y 0
        art t
        textless no
        lang
        awards yes
        """,
    ),
    (
        Kind.LOGO,
        Format.JPG,
        "",
        "09b739753a8da89a81a680debebc6e0f",
        """\
        marquee look 1
        kind logo
        format png
        size medium
        ratings mal,imdb,lb,rt,mc,rta,tmdb,trakt,mdblist,ebert
        limit 5
        badge_axis h
        label o
        badge_size m
        shape r
        background d
        art t
        lang
        """,
    ),
    (
        Kind.LOGO,
        Format.WEBP,
        "imageSize=large&ratings_order=ebert,rt&badge_size=xs",
        "26f80a1b70372258f7f3fec06815042d",
        """\
        marquee look 1
        kind logo
        format webp
        size large
        ratings ebert,rt,mal,imdb,lb,mc,rta,tmdb,trakt,mdblist
        limit 5
        badge_axis h
        label o
        badge_size xs
        shape r
        background d
        art t
        lang
        """,
    ),
    (
        Kind.BACKDROP,
        Format.JPG,
        "",
        "96daf76532ce10c00068cf64d997a3d8",
        """\
        marquee look 1
        kind backdrop
        format jpg
        size medium
        ratings mal,imdb,lb,rt,mc,rta,tmdb,trakt,mdblist,ebert
        limit 5
        badge_axis v
        label o
        badge_size m
        shape r
        background d
        position tr
        strip_axis v
        fit cover
        blur no
        inset_x 0
        inset_y 0
        art t
        textless no
        lang
        """,
    ),
    (
        Kind.BACKDROP,
        Format.WEBP,
        "imageSize=small&blur=true&image_source=f&edge_inset_x=3",
        "79d9222c1fec15425faa7641e11c7952",
        """\
        marquee look 1
        kind backdrop
        format webp
        size small
        ratings mal,imdb,lb,rt,mc,rta,tmdb,trakt,mdblist,ebert
        limit 5
        badge_axis v
        label o
        badge_size m
        shape r
        background d
        position tr
        strip_axis v
        fit cover
        blur yes
        inset_x 3
        inset_y 0
        art f
        textless no
        lang
        """,
    ),
    (
        Kind.EPISODE,
        Format.JPG,
        "badge_background=n&direction=h",
        "2891979a56ed6801d576d5ebf05fd19f",
        """\
        marquee look 1
        kind episode
        format jpg
        size medium
        ratings mal,imdb,lb,rt,mc,rta,tmdb,trakt,mdblist,ebert
        limit 1
        badge_axis v
        label o
        badge_size l
        shape r
        background n
        position tr
        strip_axis h
        blur no
        art t
        """,
    ),
]


def look(kind: Kind, fmt: Format, query: str) -> Settings:
    return parse(kind, fmt, dict(pair.split("=") for pair in query.split("&") if pair))


@pytest.mark.parametrize(("kind", "fmt", "query", "name", "text"), GOLDEN)
def test_the_text_and_the_hash_of_settings_stay_the_same(
    kind: Kind, fmt: Format, query: str, name: str, text: str
) -> None:
    settings = look(kind, fmt, query)

    assert dedent(text) == settings_text(settings)
    assert name == settings_hash(settings)


@pytest.mark.parametrize(("kind", "fmt", "query", "name", "text"), GOLDEN)
def test_a_hash_is_the_beginning_of_sha_256_of_the_text(
    kind: Kind, fmt: Format, query: str, name: str, text: str
) -> None:
    digest = hashlib.sha256(dedent(text).encode()).hexdigest()

    assert digest[:32] == name == settings_hash(look(kind, fmt, query))


def test_a_hash_is_parsed_from_a_url() -> None:
    assert "0123456789abcdef" * 2 == parse_hash("0123456789abcdef" * 2)


@pytest.mark.parametrize(
    "text", ["", "0" * 31, "0" * 33, "A" * 32, "g" * 32, "0" * 31 + "\n", "\u0660" * 32, "0" * 32 + "\n"]
)
def test_a_malformed_hash_is_unknown(text: str) -> None:
    with pytest.raises(UnknownSettings):
        parse_hash(text)
