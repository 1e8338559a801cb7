"""Guessing keys is limited per client, and a client over the limit causes no lookup."""

import secrets
from collections.abc import Callable

import pytest

from shared.stores.rate_limiter import REFUSALS
from tests.gateway.auth.caller import Caller
from tests.stack.caller import Answer

MOST = 20 * REFUSALS.burst
FREE = "/t0-free-rpdb/imdb/poster-default/tt0111161.jpg"
GUESSES: dict[str, Callable[[], str]] = {
    "a guess": lambda: secrets.token_hex(32),
    "the same unknown key": lambda: "0" * 64,
    "no key": lambda: "x",
}


async def until_limited(caller: Caller, guess: Callable[[], str]) -> list[Answer]:
    """Ask with guesses until one is limited, however slow the machine is."""
    answers: list[Answer] = []
    while len(answers) < MOST and (not answers or answers[-1].status != 429):
        answers.append(await caller.get(f"/{guess()}/imdb/poster-default/tt0111161.jpg"))
    return answers


def lookups(caller: Caller) -> float:
    return sum(
        sample.value
        for metric in caller.registry.collect()
        for sample in metric.samples
        if sample.name == "gateway_key_readings_total"
    )


@pytest.mark.parametrize("guess", GUESSES.values(), ids=GUESSES)
async def test_refused_keys_are_limited(caller: Caller, guess: Callable[[], str]) -> None:
    *refused, limited = await until_limited(caller, guess)

    assert len(refused) >= REFUSALS.burst
    assert {401} == {answer.status for answer in refused}
    assert 429 == limited.status
    assert 1 <= int(limited.headers["Retry-After"]) <= 60


async def test_a_client_over_the_limit_causes_no_lookup(caller: Caller) -> None:
    answers = await until_limited(caller, GUESSES["a guess"])

    assert len(answers) - 1 == lookups(caller)


async def test_a_valid_key_in_use_goes_on_beside_guesses(caller: Caller) -> None:
    # The change feed's first answer empties the cache once.
    assert [302] * 3 == [(await caller.get(FREE)).status for _ in range(3)]
    await until_limited(caller, GUESSES["a guess"])

    assert 302 == (await caller.get(FREE)).status
