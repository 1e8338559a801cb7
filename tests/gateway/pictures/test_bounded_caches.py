"""What callers and key holders send fills no more memory of a gateway than is meant for it."""

import asyncio
import hashlib
import itertools
import random
from collections.abc import Callable, Sequence

import pytest
from prometheus_client import CollectorRegistry

from gateway.keys.api_key import ApiKey
from gateway.keys.cache import ApiKeyCache
from gateway.keys.known_keys import MOST_TEXT_BYTES
from gateway.keys.token import KeyToken
from gateway.metrics import GatewayMetrics
from gateway.pictures.address import read_address
from gateway.pictures.settings_resolver import (
    MOST_AT_HAND,
    MOST_MISSED,
    ResolvedSettings,
    SettingsResolver,
    resolve_query,
)
from gateway.settings.bounded_memo import bounded_memo
from shared.domain.pictures import Format, Kind
from tests.memory_growth import memory_growth

KNOWN = "ratings_limit=3&lang=en"
JUNK: dict[str, Callable[[int], str]] = {
    "an unknown name": lambda number: f"{KNOWN}&_={number}",
    "before the known ones": lambda number: f"utm{number}=x&{KNOWN}",
    "a name without a value": lambda number: f"{KNOWN}&cache-buster-{number}",
    "many names": lambda number: f"{KNOWN}&" + "&".join(f"n{number}.{each}=1" for each in range(30)),
    "a long value": lambda number: f"{KNOWN}&trace={number:0>300}",
    "words of another service": lambda number: f"{KNOWN}&order=site-{number}",
    "an empty known name": lambda number: f"{KNOWN}&textless=&v={number}",
    "an escaped name": lambda number: f"ratings%5Flimit=3&lang=en&{number}",
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_junk_parameters_make_no_new_entries(junk: Callable[[int], str]) -> None:
    resolver = SettingsResolver()
    plain = resolver.resolve(Kind.POSTER, Format.JPG, KNOWN)

    found = {resolver.resolve(Kind.POSTER, Format.JPG, junk(number)).hash for number in range(200)}

    assert {plain.hash} == found
    assert 1 == resolver.cached


def test_few_queries_are_at_hand_and_no_long_ones() -> None:
    resolver = SettingsResolver()

    for _ in range(2):  # at its second time a query is found, and kept
        for number in range(20):
            resolver.resolve(Kind.POSTER, Format.JPG, f"{KNOWN}&_={number}")
            resolver.resolve(Kind.POSTER, Format.JPG, f"{KNOWN}&ratings_order={'imdb,' * 200}&_={number}")
    junk = set(resolver._at_hand)
    for number in range(1, 11):
        for _ in range(2):
            resolver.resolve(Kind.POSTER, Format.JPG, f"ratings_limit={number}")

    assert 1 == len(junk)
    assert 11 == len(resolver._at_hand)


def test_the_queries_at_hand_make_room_after_many_others() -> None:
    resolver = SettingsResolver()
    _, kept = (resolver.resolve(Kind.POSTER, Format.JPG, KNOWN) for _ in range(2))
    resolver._at_hand.update({str(number): kept for number in range(1, MOST_AT_HAND)})
    resolver.resolve(Kind.LOGO, Format.JPG, "")
    first = set(resolver._at_hand)

    for _ in range(MOST_MISSED - 1):
        resolver.resolve(Kind.LOGO, Format.JPG, "")
    meanwhile = set(resolver._at_hand)
    resolver.resolve(Kind.LOGO, Format.JPG, "")
    resolver.resolve(Kind.POSTER, Format.JPG, KNOWN)
    resolver.resolve(Kind.LOGO, Format.JPG, "")

    assert MOST_AT_HAND == len(first)
    assert first == meanwhile
    assert 2 == len(resolver._at_hand)


@pytest.mark.parametrize("is_free", [True, False])
def test_a_query_at_hand_knows_when_it_was_marked(*, is_free: bool) -> None:
    resolver = SettingsResolver()
    first, _, third = (resolver.resolve(Kind.POSTER, Format.JPG, KNOWN) for _ in range(3))

    resolver.mark(third, 7, is_free=is_free)

    for _ in range(3):
        found = resolver.resolve(Kind.POSTER, Format.JPG, KNOWN)
        assert first.hash == found.hash
        assert (7, -1 if is_free else 7) == (found.marked_in, found.marked_for_keys_in)


def test_the_last_of_two_names_of_a_parameter_counts_with_junk_as_without() -> None:
    resolver = SettingsResolver()

    for names in itertools.permutations(["image_source=t", "poster_source=f"]):
        plain, with_junk = "&".join(names), "&".join([*names, "junk=1"])
        assert (
            resolver.resolve(Kind.POSTER, Format.JPG, plain).hash
            == resolver.resolve(Kind.POSTER, Format.JPG, with_junk).hash
        )


def test_any_mix_of_queries_and_addresses_stays_within_its_memory() -> None:
    resolver = SettingsResolver()
    chance = random.Random(15)  # noqa: S311 - junk

    def ask(number: int) -> None:
        junk = f"{KNOWN}&" + "&".join(f"{chance.random()}=1" for _ in range(12))
        resolver.resolve(Kind.POSTER, Format.JPG, junk)
        read_address("tmdb", "poster-default", f"movie-603-{number:a>150}.jpg")

    def ask_often() -> None:
        for number in range(5_000):
            ask(number)

    for number in range(200):
        ask(number)

    assert memory_growth(ask_often) < 1 << 20


def test_a_hundred_thousand_resolved_queries_take_less_than_70_bytes_each() -> None:
    resolver = SettingsResolver()
    resolved = resolver.resolve(Kind.POSTER, Format.JPG, KNOWN)
    digests = [hashlib.sha256(number.to_bytes(8)).digest()[:16] for number in range(100_000)]

    def put_all() -> None:
        for digest in digests:
            resolver._table.put(digest, bytes.fromhex(resolved.hash), 0, resolved.work, 1, 1, 1)
        assert 100_001 == resolver.cached

    assert memory_growth(put_all) < 70 * 100_000


def test_a_query_that_is_kept_means_what_it_meant() -> None:
    resolver = SettingsResolver()
    layers = [(), ((True, '{"poster":{"ratings_limit":2}}'),), ((False, '{"ratings_limit":2}'),)]
    queries = [
        KNOWN,
        "",
        "fallback=true",
        "imageSize=very-large",
        "lang=de&fallback=true",
        f"{KNOWN}&{'order=imdb&' * 60}",
    ]
    asked = [
        (kind, fmt, query, below)
        for kind in (Kind.POSTER, Kind.LOGO)
        for fmt in Format
        for query in queries
        for below in layers
    ]

    first = [resolver.resolve(*each) for each in asked]
    again = [resolver.resolve(*each) for each in asked]

    alone = [resolve_query(*each) for each in asked]
    for found in (first, again):
        assert [_meaning(each) for each in alone] == [_meaning(each) for each in found]
    resolver.mark(again[0], 7, is_free=False)
    resolver.mark(again[1], 8, is_free=True)
    resolver.mark_stored(again[1], 9)
    marks = [resolver.resolve(*each) for each in asked[:3]]
    assert [(7, 7, -1), (8, -1, 9), (-1, -1, -1)] == [
        (each.marked_in, each.marked_for_keys_in, each.stored_after) for each in marks
    ]


def _meaning(resolved: ResolvedSettings) -> tuple[object, ...]:
    return resolved.hash, resolved.kind, resolved.ending, resolved.work, resolved.settings


def test_a_memo_forgets_the_oldest_results_and_keeps_no_result_beyond_its_size() -> None:
    calls: list[str] = []

    @bounded_memo(20_000)
    def length(text: str) -> int:
        calls.append(text)
        return len(text)

    short, long = [letter * 1000 for letter in "abcde"], "z" * 10_000
    assert [1000] * 5 == [length(text) for text in short]
    assert (1000, 10_000, 10_000) == (length(short[-1]), length(long), length(long))
    assert 1000 == length(short[0])

    assert [*short, long, long, short[0]] == calls


class Rows:
    """Keys with profiles as long as they may be."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._number = 0

    async def find(self, tokens: Sequence[KeyToken]) -> list[ApiKey | None]:
        found: list[ApiKey | None] = []
        for _ in tokens:
            self._number += 1
            found.append(ApiKey(self._number, profiles=f"{self._number:0>{self._length}}"))
        return found


def test_known_keys_take_no_more_than_their_bytes() -> None:
    async def find_many() -> ApiKeyCache:
        keys = ApiKeyCache(Rows(800_000), GatewayMetrics(CollectorRegistry()), free_key=False)
        for start in range(0, 240, 60):
            await asyncio.gather(*(keys.find(f"{number:064x}") for number in range(start, start + 60)))
        assert keys.cached(f"{239:064x}") is not None
        assert keys.cached(f"{0:064x}") is None
        await keys.close()
        return keys

    assert memory_growth(lambda: asyncio.run(find_many())) < MOST_TEXT_BYTES * 1.1
