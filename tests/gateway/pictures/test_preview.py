"""A sample picture with the settings that somebody is just choosing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count, repeat

import pytest

from shared.domain.pictures import Format, Kind
from shared.settings.digest import SettingsHash, settings_hash
from shared.settings.parameters import parse
from shared.stores.postgres import Pool
from shared.stores.rate_limiter import PICTURES, WORK
from shared.stores.settings_rows import load_settings
from tests.gateway.auth.caller import Caller, OpenGateway
from tests.gateway.edge import CONTENT
from tests.gateway.keys.holder import new_holder


@pytest.fixture
async def closed(open_gateway: OpenGateway) -> AsyncIterator[Caller]:
    """An admin of a gateway that does not let the free key in."""
    async with open_gateway(FREE_KEY_ENABLED="false") as caller:
        await caller.sign_in("/api/auth/setup")
        yield caller


def address(kind: Kind, title: str, fmt: Format = Format.JPG, **query: str) -> str:
    look = parse(kind, fmt, query)
    return f"{CONTENT}/c/{settings_hash(look)}/{title.replace(':', f'/{kind}-default/', 1)}.{look.format}"


PREVIEWS = {
    "poster": address(Kind.POSTER, "imdb:tt0017136"),
    "logo": address(Kind.LOGO, "imdb:tt0017136"),
    "backdrop": address(Kind.BACKDROP, "imdb:tt0017136"),
    "episode": address(Kind.EPISODE, "imdb:episode-tt0903747-S1E1"),
    "poster?position=tl&split=1": address(Kind.POSTER, "imdb:tt0017136", position="tl", split="true"),
    "poster?id=movie-278&lang=de": address(Kind.POSTER, "tmdb:movie-278", lang="de"),
    "poster?id=tvdb:series-81189&lang=": address(Kind.POSTER, "tvdb:series-81189"),
    "episode?id=tt0959621": address(Kind.EPISODE, "imdb:tt0959621"),
    "poster?id=tt0903747:1:1": address(Kind.POSTER, "imdb:tt0903747"),
    "poster?id=season-tt0903747-S2": address(Kind.POSTER, "imdb:season-tt0903747-S2"),
    "poster?id=collection-1241": address(Kind.POSTER, "tmdb:collection-1241"),
    "poster?fallback=true": f"{address(Kind.POSTER, 'imdb:tt0017136')}?fallback=true",
    "poster?order=rt,imdb": address(Kind.POSTER, "imdb:tt0017136", ratings_order="rt,imdb"),
}
"""What is asked for, and where it leads."""


async def test_a_preview_with_a_preset_is_what_an_address_with_its_style_shows(caller: Caller) -> None:
    drawn = await caller.get("/t0-free-rpdb/imdb/preset-big-score/tt0017136.jpg?imageSize=large")
    preview = await caller.get("/api/preview/poster?preset=big-score&imageSize=large&badge_shape=p&preset-=x")

    assert (302, drawn.headers["Location"]) == (preview.status, preview.headers["Location"])


@pytest.mark.parametrize("path", ["poster?preset=no-such", "backdrop?preset=big-score", "poster?preset=preset-kids"])
async def test_a_preview_needs_a_preset_of_its_kind(caller: Caller, path: str) -> None:
    answer = await caller.get(f"/api/preview/{path}")

    sentence = f"preset must be the name of a preset for this kind, {path.partition('?')[0]}."
    assert (400, {"error": sentence, "field": "preset"}) == (answer.status, answer.json)


async def test_a_preview_leads_to_a_sample_with_these_settings(caller: Caller) -> None:
    answers = {path: await caller.get(f"/api/preview/{path}") for path in PREVIEWS}

    assert {302} == {answer.status for answer in answers.values()}
    assert {"no-store"} == {answer.headers["Cache-Control"] for answer in answers.values()}
    assert PREVIEWS == {path: answer.headers["Location"] for path, answer in answers.items()}
    assert PREVIEWS == {path: answer.json["location"] for path, answer in answers.items()}


async def test_the_look_of_a_preview_is_kept(caller: Caller, pool: Pool) -> None:
    look = parse(Kind.LOGO, Format.PNG, {"ratings_limit": "2"})

    location = (await caller.get("/api/preview/logo?ratings_limit=2")).headers["Location"]

    name = SettingsHash(location.split("/")[4])
    assert look == await load_settings(pool, name)


async def test_what_a_preview_does_not_say_is_as_chosen_for_everybody(admin: Caller) -> None:
    await admin.ask("PUT", "/api/admin/settings", {"settings": {"poster": {"position": "tl", "blur": True}}})

    answer = await admin.get("/api/preview/poster?blur=false")

    assert address(Kind.POSTER, "imdb:tt0017136", position="tl") == answer.headers["Location"]


BAD_PREVIEWS = {
    "banner": "The kind must be one of poster, logo, backdrop, episode.",
    "%00": "The kind must be one of",
    "poster?position=zz": "position must be one of bc",
    "poster?fallback=perhaps": "fallback must be one of",
    "poster?id=278": "is not an id",
    "poster?id=%00": "is not an id",
    "poster?id=" + "1" * 101: "id: Use at most 100 characters.",
    "episode?id=movie-278": "The id does not name an episode.",
    "poster?lang=" + "x" * 5000: "The query must not be longer",
}


async def test_a_bad_preview_gets_a_sentence(caller: Caller) -> None:
    answers = {path: await caller.get(f"/api/preview/{path}") for path in BAD_PREVIEWS}

    assert {400} == {answer.status for answer in answers.values()}
    said = {path: answer.complaint for path, answer in answers.items()}
    assert {} == {path: said[path] for path, words in BAD_PREVIEWS.items() if words not in said[path]}


async def test_without_the_free_key_a_preview_is_for_whoever_is_signed_in(closed: Caller, pool: Pool) -> None:
    holder = await new_holder(pool, closed)
    garbled = closed.stranger()
    garbled.token = "garbled"

    got = [(await who.get("/api/preview/poster")).status for who in (closed.stranger(), garbled, holder.caller, closed)]

    assert [401, 401, 302, 302] == got


async def test_previews_have_an_allowance(caller: Caller) -> None:
    answers = [await caller.get("/api/preview/poster") for _ in range(PICTURES.burst)]
    async with asyncio.timeout(60):
        while 429 not in {answer.status for answer in answers[-1:]}:
            answers.append(await caller.get("/api/preview/poster"))

    assert {302} == {answer.status for answer in answers[:-1]}
    assert 1 <= int(answers[-1].headers["Retry-After"])


async def test_previews_have_an_allowance_of_work(caller: Caller) -> None:
    query = "imageSize=large&ratings_limit"
    answers = [await caller.get(f"/api/preview/backdrop?{query}={nth % 10}&edge_inset={nth}") for nth in range(51)]
    answers += [await caller.get(f"/api/preview/backdrop?{query}=1&edge_inset={nth}&lang=de") for nth in range(51)]

    statuses = [answer.status for answer in answers]
    large = statuses.index(429)
    assert WORK.burst // 17 <= large < WORK.burst // 17 + 25  # each is 17 units, and 25 units a second are granted
    assert {302} == set(statuses[:large])


FREE = "/t0-free-rpdb/imdb/poster-default/tt0111161.jpg"
LARGE = "imageSize=large&ratings_limit=1"  # of a backdrop: 17 units of work


async def until_refused(caller: Caller, addresses: Iterator[str]) -> int:
    """Ask until a client is refused; return how often it was not."""
    async with asyncio.timeout(60):
        for granted, address in enumerate(addresses):
            answer = await caller.get(address)
            if answer.status == 429:
                return granted
            assert 302 == answer.status, answer.body
    raise AssertionError


async def test_previews_and_pictures_have_one_allowance(caller: Caller) -> None:
    pictures = await until_refused(caller, repeat(FREE))
    previews = await until_refused(caller, repeat("/api/preview/poster"))

    assert pictures >= PICTURES.burst
    assert previews <= PICTURES.burst // 4, "what was granted again meanwhile"


async def test_previews_and_pictures_have_one_allowance_of_work(caller: Caller) -> None:
    backdrops = (f"/t0-free-rpdb/imdb/backdrop-default/tt{nth:07}.jpg?{LARGE}" for nth in count(1))
    previews = (f"/api/preview/backdrop?{LARGE}&id=tt{nth:07}" for nth in count(10_000))

    granted = await until_refused(caller, backdrops)
    more = await until_refused(caller, previews)

    assert WORK.burst // 17 <= granted
    assert more <= WORK.burst // 17 // 4


async def test_a_preview_that_was_announced_lately_is_no_new_work(caller: Caller) -> None:
    address = f"/api/preview/backdrop?{LARGE}"

    answers = [await caller.get(address) for _ in range(2 * WORK.burst // 17)]

    assert {302} == {answer.status for answer in answers}


async def test_the_previews_of_a_key_share_its_allowance_where_the_free_key_is_off(closed: Caller, pool: Pool) -> None:
    holder, other = await new_holder(pool, closed), await new_holder(pool, closed)

    pictures = await until_refused(closed.stranger(), repeat(f"/{holder.key}/imdb/poster-default/tt0111161.jpg"))
    previews = await until_refused(holder.caller, repeat("/api/preview/poster"))
    of_another = await until_refused(other.caller, repeat("/api/preview/poster"))

    assert PICTURES.burst <= min(pictures, of_another)
    assert previews <= PICTURES.burst // 4
