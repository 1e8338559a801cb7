"""What is wrong with a design, in a sentence that begins with the place."""

from time import process_time
from typing import Any

import pytest

from shared.designs.read import read_design
from shared.domain.errors import BadField


def one(**element: Any) -> dict[str, Any]:
    return {"kind": "poster", "elements": [{"type": "award"}, element]}


_YES: Any = True


def rated(*condition: Any) -> dict[str, Any]:
    return one(type="rating", site="imdb", when=[list(condition)])


def text(words: str, **fields: Any) -> dict[str, Any]:
    return one(type="text", text=words, **fields)


AT = "elements[1]"
IN = f"{AT}.when[0]"
SITES = "imdb, tmdb, rt, rta, mc, trakt, lb, mal, mdblist, ebert, mcu, avg, anilist, kitsu"
TYPES = "ratings, rating, award, sash, age, quality, logo, text, scrim, box, bar"
FACTS = "title, year, runtime, genre, season, episode, episode_title, status, score, rank"
WRONG: list[tuple[object, str, str]] = [
    ([], "", "A design must be an object."),
    ({}, "kind", "kind is required."),
    ({"kind": "x"}, "kind", "kind must be one of poster, logo, backdrop, episode."),
    ({"kind": "poster", "version": 2}, "version", "version must be 1."),
    ({"kind": "poster", "more": 1}, "more", "more does not belong here."),
    ({"kind": "poster", "a secret": 1}, "", "A design has a field that does not belong here."),
    ({"kind": "poster", "art": 5}, "art", "art must be an object."),
    ({"kind": "poster", "art": {"blur": 1}}, "art.blur", "art.blur must be true or false."),
    ({"kind": "poster", "art": {"fit": "x"}}, "art.fit", "art.fit must be one of cover, native, pad, blur."),
    ({"kind": "poster", "art": {"lang": "xx-yy"}}, "art.lang", "art.lang must be up to 4 words separated by commas"),
    ({"kind": "poster", "elements": {}}, "elements", "elements must be a list of at most 24 entries."),
    ({"kind": "poster", "elements": [{"type": "award"}] * 25}, "elements", "must be a list of at most 24 entries."),
    ({"kind": "poster", "elements": [5]}, "elements[0]", "elements[0] must be an object."),
    (one(), f"{AT}.type", f"{AT}.type is required: one of {TYPES}."),
    (one(type="circle"), f"{AT}.type", f"{AT}.type must be one of {TYPES}."),
    (one(type="award", anchor="top"), f"{AT}.anchor", "must be one of tl, tc, tr, ml, mc, mr, bl, bc, br."),
    (one(type="award", x=1001), f"{AT}.x", f"{AT}.x must be a whole number from 0 to 1,000."),
    (one(type="award", y=-1), f"{AT}.y", f"{AT}.y must be a whole number from 0 to 2,000."),
    (one(type="award", x="1"), f"{AT}.x", f"{AT}.x must be a whole number from 0 to 1,000."),
    (one(type="award", scale=24.5), f"{AT}.scale", "must be a whole number from 25 to 400."),
    (one(type="award", more=1), f"{AT}.more", f"{AT}.more does not belong here."),
    (one(type="award", **{"x\n": 1}), AT, f"{AT} has a field that does not belong here."),
    (one(type="rating"), f"{AT}.site", f"{AT}.site is required."),
    (one(type="rating", site="imdb", **{"else": "x"}), f"{AT}.else", f"{AT}.else must be one of {SITES}."),
    (one(type="ratings", sites=[]), f"{AT}.sites", "must be a list of 1 to 14 entries."),
    (one(type="ratings", sites=["x"]), f"{AT}.sites[0]", f"{AT}.sites[0] must be one of {SITES}."),
    (one(type="sash", words=["none"]), f"{AT}.words", "must be a list of award, nominee, top, trending, new, status."),
    (text(""), f"{AT}.text", f"{AT}.text must be text of 1 to 60 characters."),
    (text("x" * 61), f"{AT}.text", f"{AT}.text must be text of 1 to 60 characters."),
    (text("x", colour="red"), f"{AT}.colour", "must be # and six hexadecimal digits, such as #f5c518."),
    (text("x", colour="#ffffff\n"), f"{AT}.colour", "must be # and six hexadecimal digits, such as #f5c518."),
    (one(type="bar", site="imdb", colour="auto\n"), f"{AT}.colour", "must be auto, or # and six hexadecimal digits"),
    (text("a\nb"), f"{AT}.text", "must not have line breaks or control characters."),
    (text("a\0b"), f"{AT}.text", "must not have line breaks or control characters."),
    (text("a\u2028b"), f"{AT}.text", "must not have line breaks or control characters."),
    (text("{colour}"), f"{AT}.text", f"{AT}.text must have no other fields than {FACTS}."),
    (text("{kind}"), f"{AT}.text", f"must have no other fields than {FACTS}."),
    (text("{}"), f"{AT}.text", "must have no other fields than"),
    (text("{year"), f"{AT}.text", "must have braces in pairs, as in {year} or {year|-}."),
    (text("year}"), f"{AT}.text", "must have braces in pairs"),
    (text("{{year}}"), f"{AT}.text", "must have braces in pairs"),
    (one(type="award", when=[5]), IN, f"{IN} must be a list of a fact, an operator and a value."),
    (rated("imdb", "eq"), IN, f"{IN} must be a list of a fact, an operator and a value."),
    (rated("imdb", "eq", 1, 2), IN, f"{IN} must be a list of a fact, an operator and a value."),
    (one(type="award", when=[["imdb", "has", True]] * 9), f"{AT}.when", "must be a list of at most 8 entries."),
    (rated("votes", "eq", 1), f"{IN}[0]", f"must be one of kind, award, {FACTS}, {SITES}."),
    (rated("imdb", "is", 1), f"{IN}[1]", f"{IN}[1] must be one of eq, ne, gt, ge, lt, le, in, has."),
    (rated("imdb", "eq", None), f"{IN}[2]", "must be true, false, a number, a text, or a list of numbers and texts."),
    (rated("imdb", "in", [1, None]), f"{IN}[2][1]", "must be true, false, a number, a text, or a list"),
    (rated("imdb", "gt", 11), f"{IN}[2]", f"{IN}[2] must be a number from 0 to 10."),
    (rated("imdb", "gt", "8"), f"{IN}[2]", f"{IN}[2] must be a number from 0 to 10."),
    (rated("imdb", "gt", _YES), f"{IN}[2]", f"{IN}[2] must be a number from 0 to 10."),
    (rated("imdb", "eq", [8]), f"{IN}[2]", f"{IN}[2] must be a number from 0 to 10."),
    (rated("imdb", "in", 8), f"{IN}[2]", f"{IN}[2] must be a list of numbers from 0 to 10."),
    (rated("imdb", "in", []), f"{IN}[2]", f"{IN}[2] must be a list of numbers from 0 to 10."),
    (rated("imdb", "has", 8), f"{IN}[2]", f"{IN}[2] must be true or false."),
    (rated("score", "gt", 101), f"{IN}[2]", f"{IN}[2] must be a number from 0 to 100."),
    (rated("title", "gt", "a"), f"{IN}[1]", f"{IN}[1] must be one of eq, ne, in, has: title has no order."),
    (rated("title", "eq", 5), f"{IN}[2]", f"{IN}[2] must be text."),
    (rated("title", "in", [5]), f"{IN}[2]", f"{IN}[2] must be a list of texts."),
    (rated("title", "eq", "a\0"), f"{IN}[2]", "must not have line breaks or control characters."),
    (rated("genre", "has", 8), f"{IN}[2]", f"{IN}[2] must be true, false, or a genre."),
    (rated("award", "eq", "bafta"), f"{IN}[2]", f"{IN}[2] must be one of oscar, emmy, none."),
    (rated("kind", "in", ["film"]), f"{IN}[2]", f"{IN}[2] must be a list of movie, series, episode."),
]


@pytest.mark.parametrize(("content", "field", "sentence"), WRONG)
def test_what_is_wrong_is_said_in_a_sentence(content: object, field: str, sentence: str) -> None:
    with pytest.raises(BadField) as raised:
        read_design(content)

    assert field == raised.value.field
    assert sentence in raised.value.public
    assert raised.value.public.startswith(field)


def test_a_design_as_long_as_it_may_be_is_accepted_and_a_longer_one_is_not() -> None:
    def long(words: int, rest: str) -> dict[str, Any]:
        condition = ["title", "in", ["é" * 30] * words]
        return {"kind": "poster", "elements": [{"type": "text", "text": rest, "when": [condition]} for _ in range(7)]}

    read_design(long(17, "x"))
    with pytest.raises(BadField, match=r"A design must not be longer than 8,192 bytes, and this one has \d,\d{3}\."):
        read_design(long(20, "x" * 60))


@pytest.mark.parametrize(
    "hostile",
    [
        {"kind": "poster", "elements": [{"type": "award"}] * 10_000},
        {"kind": "poster", "elements": [{}] * 10_000},
        {"kind": "poster", "elements": [["x"] * 100] * 100},
        text("\u202e\U0001f468\u200d\U0001f469\u0301" * 8_000),
        text("{" * 60),
        text("{year|" * 10),
        one(type="text", text="é" * 60, when=[["title", "in", ["\U0001f468" * 60] * 20]] * 8),
        {"kind": "poster", "art": {"lang": "a-" * 30}},
        {f"f{nth}": nth for nth in range(5_000)},
    ],
)
def test_a_hostile_design_gets_its_sentence_at_once(hostile: dict[str, Any]) -> None:
    taken = []
    for _ in range(3):
        began = process_time()
        with pytest.raises(BadField):
            read_design(hostile)
        taken.append(process_time() - began)

    assert 0.005 > min(taken)
