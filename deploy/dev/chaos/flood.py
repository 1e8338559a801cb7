"""One client asks for hundreds of the largest pictures within seconds; what another one gets meanwhile."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
from statistics import median
from typing import Final, TypeVar

import aiohttp
import msgspec

from deploy.dev.bench.harness import Bench
from deploy.dev.bench.results import percentile
from deploy.dev.chaos.asking import Failed, ask, open_http, refusal
from deploy.dev.chaos.judging import is_plain
from tests.stack.caller import Answer
from tests.stack.services import Services

LIMITED: Final = {"RATE_LIMITS_ENABLED": "true", "TRUSTED_PROXIES": "127.0.0.1"}
"""The settings of services with rate limits behind a proxy on this machine: each request names its client."""

LONGEST_P99_S: Final = 3.0
"""Of the other client's posters: a renderer waits 2.8 s for a picture before it serves plain artwork."""

MOST_PLAIN: Final = 1 / 3
"""Share of plain artwork among them."""

REDIRECTS: Final = 250
_WITHIN_S: Final = 1.7
_POSTERS: Final = 100
_POSTERS_BEFORE: Final = 40
_POSTERS_PER_S: Final = 4.0
_LARGE: Final = "?imageSize=large&edge_inset_x={}&edge_inset_y={}"
_INSETS: Final = 25
_FLOODS: Final = {"one client floods": False, "one client floods and follows": True}
"""Whether the client follows its redirects."""

_OTHER: Final = "203.0.113.1"
_T = TypeVar("_T")


class Posters(msgspec.Struct, frozen=True):
    """What a client got that asked for posters which were never drawn before."""

    seconds: list[float]
    """How long each took, errors included."""
    plain: int
    errors: Counter[str]

    @property
    def p99_s(self) -> float:
        """Return the time within which 99 % of them were there."""
        return percentile(self.seconds, 99)

    @property
    def passes(self) -> bool:
        """Return whether they came in time, without an error, and most of them with ratings."""
        few_plain = self.plain <= MOST_PLAIN * len(self.seconds)
        return not self.errors and few_plain and self.p99_s <= LONGEST_P99_S

    def text(self) -> str:
        """Return the figures in one line."""
        times = f"p50 {median(self.seconds):.2f} s, p99 {self.p99_s:.2f} s, longest {max(self.seconds):.2f} s"
        return f"{len(self.seconds)} cold posters: {times}, {self.plain} plain, {self.errors.total()} errors"


class Flooded(msgspec.Struct, frozen=True):
    """What both clients got."""

    name: str
    redirects: Counter[str]
    """The gateway's responses to the client that floods."""
    followed: Counter[str]
    """Those of the content server, if it followed the redirects."""
    before: Posters
    """What the other client got without the flood."""
    meanwhile: Posters

    @property
    def passes(self) -> bool | None:
        """Return whether the other client was served as wanted; ``None`` if it was not even without the flood."""
        return self.meanwhile.passes or (False if self.before.passes else None)

    @property
    def requests(self) -> str:
        """Return what the client that floods got, in one line."""
        return f"{_counts(self.redirects)}; followed: {_counts(self.followed) or 'none'}"

    def text(self) -> list[str]:
        """Return the lines of the report."""
        verdicts = {
            True: "as wanted",
            False: "MISSED",
            None: "not judged, because this was missed before the flood, too",
        }
        return [
            f"{self.name}: {self.requests}",
            f"  another client's {self.meanwhile.text()}",
            f"  before the flood {self.before.text()}",
            f"  {verdicts[self.passes]}: p99 at most {LONGEST_P99_S:g} s, at most {MOST_PLAIN:.0%} plain, no errors",
            *(f"  {number:6} x {text}" for text, number in self.meanwhile.errors.most_common()),
        ]


class Flood:
    """Both clients, with titles that were never requested before."""

    def __init__(self, http: aiohttp.ClientSession, services: Services, titles: Iterator[str]) -> None:
        self._http, self._services, self._titles = http, services, titles
        self._greedy = (f"203.0.113.{nth}" for nth in range(2, 250))  # a new one for each run, with its whole burst

    async def run(self, name: str, *, follows: bool) -> Flooded:
        """Let one client flood while another one asks for posters at a steady rate."""
        large = next(self._titles)
        with suppress(Failed):  # its artwork should be known before: the source is not what is measured
            await self._picture(self._services.picture(f"{large}.jpg", "?imageSize=small", kind="backdrop"))
        before = await self._posters(_POSTERS_BEFORE)
        client, redirects, followed = next(self._greedy), Counter[str](), Counter[str]()

        async def one(nth: int) -> None:
            query = _LARGE.format(nth % _INSETS, nth // _INSETS)
            url = self._services.picture(f"{large}.webp", query, kind="backdrop")
            location = await self._counted(url, "gateway", client, redirects)
            if follows and location:
                await self._counted(location, "content", client, followed)

        flood = asyncio.create_task(at_a_rate(one, REDIRECTS, REDIRECTS / _WITHIN_S))
        meanwhile = await self._posters(_POSTERS)
        await flood
        return Flooded(name, redirects, followed, before, meanwhile)

    async def _posters(self, count: int) -> Posters:
        answers = await at_a_rate(self._poster, count, _POSTERS_PER_S)
        return Posters(
            seconds=[seconds for seconds, _, _ in answers],
            plain=sum(plain for _, plain, _ in answers),
            errors=Counter(error for _, _, error in answers if error),
        )

    async def _poster(self, _: int) -> tuple[float, bool, str]:
        """Return how long the next poster took, whether it was plain, and what went wrong."""
        url, began, plain, error = self._services.picture(f"{next(self._titles)}.jpg"), time.monotonic(), False, ""
        try:
            plain = is_plain(await self._picture(url))
        except Failed as failed:
            error = str(failed)
        return time.monotonic() - began, plain, error

    async def _picture(self, url: str) -> Answer:
        """Follow a keyed address to its picture. Raises ``Failed``."""
        redirect = await ask(self._http, "gateway", url, client=_OTHER)
        if redirect.status != HTTPStatus.FOUND:
            raise Failed(refusal("gateway", redirect))
        answer = await ask(self._http, "content", redirect.headers["location"], client=_OTHER)
        if answer.status != HTTPStatus.OK:
            raise Failed(refusal("content", answer))
        return answer

    async def _counted(self, url: str, whom: str, client: str, counts: Counter[str]) -> str:
        """Count what a request got; returns where a redirect leads."""
        try:
            answer = await ask(self._http, whom, url, client=client)
        except Failed as error:
            counts[str(error)] += 1
            return ""
        counts[f"{answer.status} {answer.cache}".rstrip()] += 1
        return answer.headers["location"] if answer.status == HTTPStatus.FOUND else ""


def name_begins(words: str | tuple[str, ...]) -> bool:
    """Return whether the name of a flood begins so."""
    return any(name.startswith(words) for name in _FLOODS)


async def run_floods(bench: Bench, number: int, only: tuple[str, ...] = ("",)) -> AsyncIterator[Flooded]:
    """Yield the result of each flood whose name begins so, on this number of each service. Raises ``StartFailed``."""
    every = bench.cores.every
    async with (
        bench.running(bench.sources, every),
        bench.services(every, LIMITED, gateways=number, renderers=number) as services,
        open_http() as http,
    ):
        flood = Flood(http, services, bench.titles)
        for name, follows in _FLOODS.items():
            if name.startswith(only):
                yield await flood.run(name, follows=follows)


async def at_a_rate(one: Callable[[int], Awaitable[_T]], count: int, per_second: float) -> list[_T]:
    """Call ``one`` with each number below ``count`` at this rate, whether or not earlier calls are done."""

    async def later(nth: int) -> _T:
        await asyncio.sleep(nth / per_second)
        return await one(nth)

    return await asyncio.gather(*(later(nth) for nth in range(count)))


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{number} x {text}" for text, number in sorted(counts.items()))
