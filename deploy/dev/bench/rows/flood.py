"""Row n: what another client waits for a cold poster while one asks for hundreds of the largest pictures in seconds."""

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
from deploy.dev.bench.results import Row, percentile
from deploy.dev.chaos.asking import Failed, ask, expect, open_http
from deploy.dev.chaos.judging import is_plain
from tests.stack.caller import Answer
from tests.stack.services import Services

LONGEST_P99_S: Final = 3.0
"""Of the other client's posters: a renderer waits 2.8 s for a picture before it serves plain artwork."""

MOST_PLAIN: Final = 1 / 3
"""Share of plain artwork among them."""

_LIMITED: Final = {"RATE_LIMITS_ENABLED": "true", "TRUSTED_PROXIES": "127.0.0.1"}
"""Rate limits behind a proxy on this machine: each request names its client."""

_REDIRECTS: Final = 250
_WITHIN_S: Final = 1.7
_POSTERS: Final = 100
_POSTERS_BEFORE: Final = 40
_POSTERS_PER_S: Final = 4.0
_LARGE: Final = "?imageSize=large&edge_inset_x={}&edge_inset_y={}"
_INSETS: Final = 25
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
        errors = _counts(self.errors) or "no errors"
        return f"{len(self.seconds)} cold posters: {times}, {self.plain} plain, {errors}"


async def measure(bench: Bench, _: frozenset[str]) -> AsyncIterator[Row]:
    """Run the flood without and with following its redirects, each by a client of its own. Raises ``StartFailed``."""
    every = bench.cores.every
    async with (
        bench.running(bench.sources, every),
        bench.services(every, _LIMITED, gateways=1, renderers=1) as services,
        open_http() as http,
    ):
        for client, follows in (("203.0.113.2", False), ("203.0.113.3", True)):
            yield await Flood(http, services, bench.titles, client).run(follows=follows)


class Flood:
    """Both clients, with titles that were never requested before."""

    def __init__(self, http: aiohttp.ClientSession, services: Services, titles: Iterator[str], greedy: str) -> None:
        self._http, self._services, self._titles, self._greedy = http, services, titles, greedy

    async def run(self, *, follows: bool) -> Row:
        """Let one client flood while another one asks for posters at a steady rate."""
        large = next(self._titles)
        with suppress(Failed):  # its artwork should be known before: the source is not what is measured
            await self._picture(self._services.picture(f"{large}.jpg", "?imageSize=small", kind="backdrop"))
        before = await self._posters(_POSTERS_BEFORE)
        redirects, followed = Counter[str](), Counter[str]()

        async def one(nth: int) -> None:
            query = _LARGE.format(nth % _INSETS, nth // _INSETS)
            url = self._services.picture(f"{large}.webp", query, kind="backdrop")
            location = await self._counted(url, "gateway", redirects)
            if follows and location:
                await self._counted(location, "content", followed)

        flood = asyncio.create_task(at_a_rate(one, _REDIRECTS, _REDIRECTS / _WITHIN_S))
        meanwhile = await self._posters(_POSTERS)
        await flood
        name = "one client floods and follows" if follows else "one client floods"
        return row(name, f"{_counts(redirects)}; followed: {_counts(followed) or 'none'}", before, meanwhile)

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
        redirect = expect("gateway", await ask(self._http, "gateway", url, client=_OTHER), HTTPStatus.FOUND)
        answer = await ask(self._http, "content", redirect.headers["location"], client=_OTHER)
        return expect("content", answer, HTTPStatus.OK)

    async def _counted(self, url: str, whom: str, counts: Counter[str]) -> str:
        """Count what a request of the client that floods got; returns where a redirect leads."""
        try:
            answer = await ask(self._http, whom, url, client=self._greedy)
        except Failed as error:
            counts[str(error)] += 1
            return ""
        counts[f"{answer.status} {answer.cache}".rstrip()] += 1
        return answer.headers["location"] if answer.status == HTTPStatus.FOUND else ""


def row(name: str, requests: str, before: Posters, meanwhile: Posters) -> Row:
    """Return the row; there is no verdict if the other client was not served as wanted even before the flood."""
    passes = meanwhile.passes or (False if before.passes else None)
    note = f"{requests}; the other client's {meanwhile.text()}; before {before.text()}."
    return msgspec.structs.replace(
        Row.stated("n", f"p99 {meanwhile.p99_s:.2f} s", note, client=name, large=_REDIRECTS),
        bare=f"p99 {before.p99_s:.2f} s",
        bound=f"p99 ≤ {LONGEST_P99_S:g} s, plain ≤ {MOST_PLAIN:.0%}, no errors",
        passes=passes,
        not_measured="this was missed before the flood, too" if passes is None else "",
        by_clock=not passes,  # on a busy machine it is harder to pass
    )


async def at_a_rate(one: Callable[[int], Awaitable[_T]], count: int, per_second: float) -> list[_T]:
    """Call ``one`` with each number below ``count`` at this rate, whether or not earlier calls are done."""

    async def later(nth: int) -> _T:
        await asyncio.sleep(nth / per_second)
        return await one(nth)

    return await asyncio.gather(*(later(nth) for nth in range(count)))


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{number} x {text}" for text, number in sorted(counts.items()))
