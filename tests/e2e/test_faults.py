"""Sources in trouble: whatever they do, callers get an answer in time, never a wrong picture and never a kept accident.

All troubles happen at the same time, each to a title of its own, so that the waits of recovery are shared. Every title
has the same art and ratings; therefore each picture that may come is known to the byte beforehand.
A little longer than most, because all of it is one story.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Self

import aiohttp
import msgspec
import pytest

from renderer.storage.s3 import S3Storage
from renderer.storage.storage_key import storage_key
from shared.concurrency.cancel import cancel_and_wait
from shared.domain.ids import ExternalId, IdType, MediaId, TitleKind
from shared.domain.pictures import Format
from shared.queue.messages import Priority, RenderJob
from shared.queue.redis_keys import fresh
from shared.queue.redis_streams import RedisStreamQueue
from shared.settings.digest import SettingsHash
from shared.stores.redis import connect
from tests.stack.caller import Answer, fetch, show
from tests.stack.pair import Pair
from tests.stack.services import OPTIONAL, SECRETS
from tests.stack.sources import Copy, Fault, Source, Sources
from tests.stack.stores import Stores
from tests.stack.trouble import OF_JSON, OF_PICTURES, REFUSALS, body, status

IN_TIME_S = 3.5  # and what a stored picture, which needs no source, takes at the same time
HEALED_WITHIN_S = 80.0
SILENCE_S = 12.0
ROUND_S = 0.5
AGE = timedelta(seconds=1300)  # more than a degraded picture's lifetime
NO_SUCH = body(b'{"error": "Not found!"}', "application/json")
DEGRADED = "public, max-age=1200, stale-while-revalidate=1200"
FIREWALL = status(403)
RESTS_WITHIN_S = 90.0
LONG_REST_S = 600
BRIEF = "public, max-age=60"
FILMS = 5
EVERYONE_ELSE = "imdb,rt,rta,mc,trakt,lb,mal,mdblist,ebert"  # than TMDB
OTHER = "?image_source=f"
WITH_KEYS = set(Source) - {Source.ANILIST, Source.KITSU}
FALLBACKS = {"plain", "plain, other art"}
LATE = "503"
ACCIDENTS = {"502", LATE}
HELD_UP_S = 0.1  # a stored picture takes a few milliseconds; where it takes this, any answer may be late
JSON = "application/json"  # callers who accept it see errors: for others, what is late is a neutral picture


@dataclass
class Case:
    """One title in trouble, and what became of it."""

    source: Source
    trouble: str
    title: Copy
    query: str = ""
    url: str = ""
    calls: int = 0
    met: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    healed_s: float | None = None
    rests: str = ""

    @property
    def whole(self) -> str:
        """Return the name of the picture that it should be."""
        return "full, other art" if self.query == OTHER else "full"


@dataclass(frozen=True)
class Known:
    """The pictures that may be seen, by their bytes, and for how long a whole one is believed."""

    pictures: Mapping[bytes, str]
    settled: str
    delay: Callable[[], float] = lambda: 0.0
    """How many seconds the machine itself has held up an answer, at most, so far."""

    @property
    def names(self) -> set[str]:
        """Return every name that a sound answer with a picture can have."""
        kept = {name for name in self.pictures.values() if name not in FALLBACKS}
        return FALLBACKS | {"full", "full, other art"} | {f"{name}, 20 min" for name in kept}

    def name(self, answer: Answer) -> str:
        """Say what an answer is; a name with ``!`` in it is something that must not be."""
        if answer.status != 200:
            is_accident = answer.status in {502, 503} and answer.cache_control == "no-store"
            says_when = answer.status != 503 or "retry-after" in answer.headers
            return f"{answer.status}" if is_accident and says_when else f"{answer.status} {answer.cache_control} !"
        name = self.pictures.get(answer.body, "an unknown picture !")
        control = answer.cache_control
        if control == DEGRADED and name not in FALLBACKS:
            return f"{name}, 20 min"
        is_right = control == BRIEF if name in FALLBACKS else control == self.settled and name.startswith("full")
        return name if is_right else f"{name} with {control} !"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, stores: Stores, sources: Sources) -> Iterator[Pair]:
    """Run one of each, with every source that there is and a wait as operators have it."""
    settings = {name: SECRETS[name] for name in OPTIONAL} | {"RENDER_CONCURRENCY": "6"}
    with Pair(tmp_path_factory.mktemp("faults"), stores, sources, settings) as pair:
        yield pair


async def learn(pair: Pair, http: aiohttp.ClientSession) -> Known:
    """Find out how the pictures look while all is well."""
    pair.sources.heal()  # of what an earlier test has left
    for source in Source:
        await time_passes(pair, source)
    found = {}
    for art, query in (("", "?"), (", other art", f"{OTHER}&")):
        found[f"full{art}"] = await undegraded(pair, http, query)
        found[f"by OMDb{art}"] = await undegraded(pair, http, query, unknown_to=Source.MDBLIST)
        found[f"by TMDB{art}"] = await undegraded(pair, http, f"{query}ratings_exclude={EVERYONE_ELSE}")
        found[f"plain{art}"] = await undegraded(pair, http, f"{query}ratings_limit=0")
    pair.sources.heal()
    known = Known({answer.body: name for name, answer in found.items()}, found["full"].cache_control)
    assert len(found) == len(known.pictures)
    return known


async def undegraded(
    pair: Pair, http: aiohttp.ClientSession, query: str, *, unknown_to: Source | None = None
) -> Answer:
    """Return a finished picture of a new film; of several, for on a busy machine a sound source can be late."""
    for _ in range(FILMS):
        film = pair.sources.film()
        if unknown_to:
            pair.sources.break_down(unknown_to, NO_SUCH, film)
        answer = await settled(http, pair.picture(film.imdb, query))
        if answer.cache_control != DEGRADED:
            return answer
    raise AssertionError(f"the pictures of {FILMS} films in turn were degraded")


async def settled(http: aiohttp.ClientSession, url: str) -> Answer:
    """Ask until there is a finished picture."""
    deadline = time.monotonic() + 20
    while (answer := await fetch(http, url)).cache not in {"HIT", "MISS"}:
        assert time.monotonic() < deadline, answer
    return answer


async def provoke(
    pair: Pair,
    http: aiohttp.ClientSession,
    known: Known,
    source: Source,
    faults: Mapping[str, Fault],
    allowed: set[str],
    query: str = "",
    *,
    is_for_all: bool = False,
) -> list[Case]:
    """Break a source in every way, for a title in each or for all titles; ask, and note what the callers met."""
    cases = [Case(source, name, pair.sources.film(), query) for name in faults]
    for case in cases:
        pair.sources.break_down(source, faults[case.trouble], None if is_for_all else case.title)

    async def ask(case: Case) -> None:
        redirect = await fetch(http, pair.picture(case.title.imdb, case.query), follow=False)
        case.url = redirect.headers["location"]
        note(case, await fetch(http, case.url, accept=JSON), known, allowed)

    pair.sources.hold(source, [case.title for case in cases])
    await asyncio.gather(*(ask(case) for case in cases))
    for case in cases:
        case.calls = pair.sources.count(source, case.title)
    return cases


def note(case: Case, answer: Answer, known: Known, allowed: set[str]) -> str:
    """Add an answer to a case, and to what is wrong with it."""
    name = known.name(answer)
    if not case.met or case.met[-1] != name:
        case.met.append(name)
    if name not in allowed and not (name == LATE and known.delay() > HELD_UP_S):
        case.wrong.append(name)
    if answer.seconds > IN_TIME_S + known.delay():
        case.wrong.append(f"{name} after {answer.seconds:.1f} s")
    if answer.status != 200 and any(secret.encode() in answer.body for secret in SECRETS.values()):
        case.wrong.append("an error that shows a key")
    return name


async def until_seen(
    http: aiohttp.ClientSession, known: Known, cases: list[Case], wanted: set[str], *, seconds: float
) -> None:
    """Ask for each title until it is what is wanted, or time is up."""
    deadline = time.monotonic() + seconds
    while any(case.met[-1] not in wanted for case in cases) and time.monotonic() < deadline:
        waiting = [case for case in cases if case.met[-1] not in wanted]
        answers = await asyncio.gather(*(fetch(http, case.url, accept=JSON) for case in waiting))
        for case, answer in zip(waiting, answers, strict=True):
            note(case, answer, known, known.names | ACCIDENTS)
        await asyncio.sleep(ROUND_S / 3)


async def recover(pair: Pair, http: aiohttp.ClientSession, known: Known, cases: list[Case]) -> None:
    """Ask for every title until it is whole; the lifetime of what is degraded is over at once."""
    began = time.monotonic()
    async with Clock(pair) as clock:
        while (left := [case for case in cases if case.healed_s is None]) and (
            time.monotonic() - began < HEALED_WITHIN_S
        ):
            answers = await asyncio.gather(*(fetch(http, case.url, accept=JSON) for case in left))
            for case, answer in zip(left, answers, strict=True):
                name = note(case, answer, known, known.names | ACCIDENTS)
                if name == case.whole:
                    case.healed_s = time.monotonic() - began
                elif name.endswith("20 min"):
                    await clock.age(case)
            await asyncio.sleep(ROUND_S)


@asynccontextmanager
async def machine_delay(pair: Pair, http: aiohttp.ClientSession) -> AsyncIterator[Callable[[], float]]:
    """Ask for a stored picture all the while; yields how long the slowest answer has taken, in seconds."""
    url, slowest = pair.picture(pair.sources.film().imdb), 0.0
    await settled(http, url)

    async def ask() -> None:
        nonlocal slowest
        while True:
            slowest = max(slowest, (await fetch(http, url)).seconds)
            await asyncio.sleep(ROUND_S / 10)

    asking = asyncio.create_task(ask())
    try:
        yield lambda: slowest
    finally:
        await cancel_and_wait(asking)


class Clock:
    """Lets the time of a degraded picture run out, as twenty minutes would, and has it looked at again."""

    def __init__(self, pair: Pair) -> None:
        self._redis = connect(pair.stores.redis_url)
        self._queue = RedisStreamQueue(self._redis, consumer="clock")
        self._opening = S3Storage.open(
            endpoint_url=pair.stores.s3_url,
            region="us-east-1",
            bucket=pair.stores.bucket,
            access_key="e2e",
            secret_key="e2e",
        )

    async def __aenter__(self) -> Self:
        self._storage = await self._opening.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._opening.__aexit__(None, None, None)
        await self._redis.aclose()

    async def age(self, case: Case) -> None:
        look, media = SettingsHash(case.url.split("/")[4]), MediaId(TitleKind.MOVIE, case.title.number)
        key = storage_key(look, media, Format.JPG)
        picture = await self._storage.get(key)
        assert picture is not None
        metadata = msgspec.structs.replace(picture.metadata, drawn_at=picture.metadata.drawn_at - AGE)
        await self._storage.put(key, msgspec.structs.replace(picture, metadata=metadata))
        job = RenderJob(settings_hash=look, title=ExternalId(IdType.IMDB, case.title.number), lane=Priority.REFRESH)
        await self._redis.delete(fresh(job.picture), fresh(f"{look}:{media}"))
        await self._queue.enqueue([job])


@pytest.mark.timeout(300)
async def test_troubles_of_sources_cost_badges_or_time_and_pass_without_a_trace(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession
) -> None:
    known = await learn(pair, http)
    async with machine_delay(pair, http) as delay:
        await every_trouble(pair, sources, http, replace(known, delay=delay))


async def every_trouble(pair: Pair, sources: Sources, http: aiohttp.ClientSession, known: Known) -> None:
    poorer = {name for name in known.names if name not in {"full", "full, other art"}}

    cases = await provoke(pair, http, known, Source.MDBLIST, OF_JSON, {"by OMDb, 20 min", "plain"})
    cases += await provoke(pair, http, known, Source.OMDB, OF_JSON, poorer)
    cases += await provoke(pair, http, known, Source.FANART, OF_JSON, poorer, OTHER)
    sources.break_down(Source.FANART, status(404))  # or its art would take the place of TMDB's, and be as good
    cases += await provoke(pair, http, known, Source.IMAGES, OF_PICTURES, poorer | ACCIDENTS)
    cases += await provoke(pair, http, known, Source.TMDB, OF_JSON, ACCIDENTS)
    drawn_anyway = [case for case in cases if case.source is Source.MDBLIST]
    await until_seen(http, known, drawn_anyway, known.names - FALLBACKS, seconds=SILENCE_S)
    still_poor = [(case.source, case.trouble) for case in drawn_anyway if case.met[-1] in FALLBACKS]
    sources.heal()
    for source in Source:
        await time_passes(pair, source)
    await recover(pair, http, known, cases)

    tell("What callers met while a source was in trouble", cases)
    assert [] == [(case.source, case.trouble, case.wrong) for case in cases if case.wrong]
    assert [] == still_poor
    assert [] == [(case.source, case.trouble) for case in cases if not case.calls]
    assert [] == [(case.source, case.trouble) for case in cases if case.healed_s is None]
    assert all(part.process.poll() is None for part in pair.parts)
    assert [] == [line for part in pair.parts for line in part.said().splitlines() if "crashed" in line]
    pair.check_secrets(*pair.pages(), *(part.said() for part in pair.parts))


def tell(heading: str, cases: list[Case]) -> None:
    """Print what became of each case."""
    healed = {case.title.number: "never" if case.healed_s is None else f"{case.healed_s:.0f} s" for case in cases}
    rows = [(c.source, c.trouble, c.calls, " > ".join(c.met), healed[c.title.number], c.rests) for c in cases]
    show(heading, [("source", "trouble", "calls", "callers met", "whole again after", "key rests"), *rows])


@pytest.mark.timeout(180)
@pytest.mark.parametrize("source", REFUSALS)
async def test_a_refused_key_rests_and_is_asked_again_later(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession, source: Source
) -> None:
    known = await learn(pair, http)
    query = OTHER if source is Source.FANART else ""
    cases = []
    for name, fault in REFUSALS[source].items():
        allowed = ACCIDENTS if source is Source.TMDB else known.names - {"full", "full, other art"}
        resting = asyncio.create_task(first_rest(pair, source))
        (case,) = await provoke(pair, http, known, source, {name: fault}, allowed, query, is_for_all=True)
        await until_seen(http, known, [case], known.names - FALLBACKS | ACCIDENTS, seconds=SILENCE_S)
        while not resting.done():  # a good answer to a known question, asked for an earlier test, counts for 30 s
            await fetch(http, pair.picture(sources.film().imdb, query))
            await asyncio.sleep(0.2)
        case.rests = await resting
        neighbour = sources.film()
        await fetch(http, pair.picture(neighbour.imdb, query))
        case.wrong += ["asked while its key rests"] * sources.count(source, neighbour)
        sources.heal()
        await time_passes(pair, source)
        await recover(pair, http, known, [case])
        cases.append(case)

    tell(f"What callers met when {source} refused our key", cases)
    assert [] == [(case.trouble, case.wrong) for case in cases if case.wrong]
    assert [] == [case.trouble for case in cases if not case.calls]
    assert [] == [case.trouble for case in cases if case.healed_s is None]
    assert [] == [case.trouble for case in cases if not case.rests]


async def first_rest(pair: Pair, source: Source) -> str:
    """Wait until a source's key rests; say for how long, and prolong the rest, as further refusals would."""
    async with connect(pair.stores.redis_url) as redis, asyncio.timeout(RESTS_WITHIN_S):
        while True:
            async for key in redis.scan_iter(f"marquee:source:{source}:rest:*"):
                rest = await redis.ttl(key)
                await redis.expire(key, LONG_REST_S)
                return f"{rest} s"
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        *((source, next(iter(words.values()))) for source, words in REFUSALS.items()),
        (Source.TMDB, FIREWALL),
        (Source.OMDB, FIREWALL),
        (Source.IMAGES, FIREWALL),
    ],
)
async def test_one_title_that_is_refused_leaves_the_others_as_they_are(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession, source: Source, fault: Fault
) -> None:
    query = OTHER if source is Source.FANART else "?"
    known = await learn(pair, http)  # has each source answer a question, against which a refusal is judged
    await until_trusted(pair, http, source, fault, query)
    refused = sources.film()
    sources.break_down(source, fault, refused)

    met = []
    for _ in range(5):
        await fetch(http, pair.picture(refused.imdb, query))
        met.append(known.name(await of_another(pair, http, source, query)))
    sources.heal()

    assert sources.count(source, refused)
    assert ["full, other art" if source is Source.FANART else "full"] * 5 == met


async def until_trusted(pair: Pair, http: aiohttp.ClientSession, source: Source, fault: Fault, query: str) -> None:
    """Wait until the refusal of one title no longer makes the key rest, as it does just after the key was refused."""
    async with asyncio.timeout(RESTS_WITHIN_S), connect(pair.stores.redis_url) as redis:
        while True:
            await time_passes(pair, source)
            film = pair.sources.film()
            pair.sources.break_down(source, fault, film)
            await fetch(http, pair.picture(film.imdb, query))
            pair.sources.heal()
            if pair.sources.count(source, film) and not await redis.keys(f"marquee:source:{source}:rest:*"):
                return
            await asyncio.sleep(0.5)


async def of_another(pair: Pair, http: aiohttp.ClientSession, source: Source, query: str) -> Answer:
    """Return another film's picture; one that the source was asked about, and answered too late, does not count."""
    left = FILMS
    while True:
        film, left = pair.sources.film(), left - 1
        answer = await settled(http, pair.picture(film.imdb, query))
        if not left or answer.cache_control != DEGRADED or not pair.sources.count(source, film):
            return answer


async def time_passes(pair: Pair, source: Source) -> None:
    """Let every rest and pause of a source end, as they do by themselves."""
    async with connect(pair.stores.redis_url) as redis:
        async for key in redis.scan_iter(f"marquee:source:{source}:*"):
            await redis.delete(key)


async def test_every_source_was_asked_with_the_keys_that_nobody_may_see(
    pair: Pair, sources: Sources, http: aiohttp.ClientSession
) -> None:
    title = sources.film()
    key, share = await pair.new_key()
    sources.break_down(Source.MDBLIST, NO_SUCH, title)

    answers = [await fetch(http, pair.picture(title.imdb, key=each)) for each in (key, share, "0" * 63, f"{key}x")]
    answers.append(await fetch(http, pair.picture(title.imdb, "?image_source=f", key=key)))
    answers.append(await fetch(http, f"{pair.gateway_url}/{key}/requests"))

    shown = [f"{answer.headers} {answer.body!r}" for answer in answers]
    assert all(sources.count(source, title) for source in WITH_KEYS)
    pair.check_secrets(*shown, *pair.pages(), *(part.said() for part in pair.parts))
