"""Pinned art: a title is always drawn on a chosen file, for one key or for everybody."""

from typing import Any

import msgspec
import pytest

from gateway.app_keys import CHANGE_FEED
from gateway.db import title_pins
from gateway.db.audit import audit_entries
from gateway.db.title_pins import EVERYBODY, NamedPin
from gateway.keys import change_feed
from gateway.keys.pinned_art import PinnedArt
from gateway.keys.token import FREE_KEY
from gateway.pictures.proxy import PictureProxy
from shared.domain.cache_lifetime import REDIRECT
from shared.domain.errors import DeadlineExceeded
from shared.domain.ids import ExternalId, IdType
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.parameters import parse
from shared.stores.postgres import Pool, connection
from tests.gateway.auth.caller import Caller, gateway
from tests.gateway.keys.holder import Holder, new_holder
from tests.stack.caller import Answer

FILM, GERMAN, FRENCH = "tt0111161", "german.jpg", "french.jpg"
MINE, EVERYBODYS = "/api/key/me", "/api/admin"


class Renderer:
    """What the renderer answers about artwork, and what it was asked."""

    def __init__(self) -> None:
        self.media = "movie-278"
        self.pictures = [{"source": "tmdb", "file": file, "width": 2000} for file in (GERMAN, FRENCH)]
        self.answer: tuple[int, bytes] | Exception | None = None
        self.asked: list[str] = []

    async def fetch(self, path: str, _client: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or (200, msgspec.json.encode({"pictures": self.pictures, "media": self.media}))


@pytest.fixture
def renderer(monkeypatch: pytest.MonkeyPatch) -> Renderer:
    renderer = Renderer()
    monkeypatch.setattr(PictureProxy, "fetch", lambda _, *asked: renderer.fetch(*asked))
    return renderer


@pytest.fixture
async def holder(pool: Pool, admin: Caller, renderer: Renderer) -> Holder:  # noqa: ARG001 - whom pins are checked by
    return await new_holder(pool, admin)


async def pin(who: Caller, below: str, title: str = FILM, /, **body: str) -> Answer:
    chosen = {"kind": "poster", "source": "tmdb", "file": GERMAN, **body}
    return await who.ask("PUT", f"{below}/titles/{title}/art", chosen)


async def unpin(who: Caller, below: str, title: str = FILM, query: str = "") -> Answer:
    return await who.ask("DELETE", f"{below}/titles/{title}/art{query}")


async def look_of(who: Caller, key: str, address: str = f"imdb/poster-default/{FILM}.jpg") -> str:
    answer = await who.get(f"/{key}/{address}")
    assert (302, REDIRECT) == (answer.status, answer.headers["Cache-Control"]), answer.body
    return answer.headers["Location"].split("/c/")[1].split("/")[0]


def look(kind: Kind = Kind.POSTER, fmt: Format = Format.JPG, **query: str) -> str:
    return settings_hash(parse(kind, fmt, query))


async def save_aliases(pool: Pool, media: str, *aliases: str) -> None:
    async with connection(pool) as db:
        await db.execute("INSERT INTO titles (media_id, kind, name, checked_at) VALUES ($1, '', '', now())", media)
        await db.execute(
            "INSERT INTO title_aliases (alias, media_id, source) SELECT unnest($1::text[]), $2, ''", aliases, media
        )


async def test_a_pin_of_a_key_chooses_the_art_of_its_redirects_until_it_is_removed(
    admin: Caller, pool: Pool, holder: Holder
) -> None:
    await save_aliases(pool, "movie-278", f"imdb:{FILM}", "tvdb:movie-4711", "kitsu:12")
    before = await look_of(admin, holder.key)

    answer = await pin(holder.caller, MINE)

    pinned = {"title": f"imdb:{FILM}", "media": "movie-278", "kind": "poster", "source": "tmdb", "file": GERMAN}
    assert (200, pinned) == (answer.status, {name: answer.json[name] for name in pinned})
    assert [answer.json] == (await holder.caller.get(f"{MINE}/art")).json["pins"]
    for address in (f"imdb/poster-default/{FILM}", "tmdb/poster-default/movie-278", "tvdb/poster-default/movie-4711",
                    "kitsu/poster-default/12"):  # fmt: skip
        assert look(art=GERMAN) == await look_of(admin, holder.key, f"{address}.jpg"), address
    assert look(art=GERMAN, ratings_limit="2") == await look_of(
        admin, holder.key, f"imdb/poster-default/{FILM}.jpg?ratings_limit=2"
    )
    assert look(art="b.jpg") == await look_of(admin, holder.key, f"imdb/poster-default/{FILM}.jpg?art=b.jpg")
    assert look(fmt=Format.WEBP, art=GERMAN) == await look_of(admin, holder.key, f"imdb/poster-default/{FILM}.webp")
    others = (f"imdb/backdrop-default/{FILM}.jpg", "imdb/poster-default/tt0068646.jpg")
    assert [look(Kind.BACKDROP), look()] == [await look_of(admin, holder.key, each) for each in others]
    assert before == await look_of(admin, (await new_holder(pool, admin)).key)

    gone = await unpin(holder.caller, MINE, "tmdb:movie-278")

    assert (200, []) == (gone.status, gone.json["pins"])
    assert before == await look_of(admin, holder.key)
    assert 404 == (await unpin(holder.caller, MINE)).status


async def test_a_pin_for_everybody_holds_for_all_keys_but_those_with_their_own(
    admin: Caller, pool: Pool, holder: Holder
) -> None:
    other = await new_holder(pool, admin)

    await pin(admin, EVERYBODYS, file=FRENCH)
    await pin(holder.caller, MINE, file=GERMAN)

    looks = [await look_of(admin, key) for key in (holder.key, other.key, FREE_KEY)]
    assert [look(art=GERMAN), look(art=FRENCH), look(art=FRENCH)] == looks
    assert [[FRENCH], [GERMAN], []] == [
        [each["file"] for each in (await who.get(f"{below}/art")).json["pins"]]
        for who, below in ((admin, EVERYBODYS), (holder.caller, MINE), (other.caller, MINE))
    ]
    await unpin(holder.caller, MINE)
    assert look(art=FRENCH) == await look_of(admin, holder.key)


async def test_a_preview_has_the_pinned_art_of_its_viewer(admin: Caller, holder: Holder) -> None:
    async def seen(who: Caller, query: str = "") -> str:
        return (await who.get(f"/api/preview/poster?id={FILM}{query}")).headers["Location"].split("/")[4]

    assert [look()] * 3 == [await seen(who) for who in (admin, holder.caller, admin.stranger())]
    await pin(admin, EVERYBODYS, file=FRENCH)
    await pin(holder.caller, MINE, file=GERMAN)

    looks = [await seen(who) for who in (admin, holder.caller, admin.stranger())]

    assert [look(art=file) for file in (FRENCH, GERMAN, FRENCH)] == looks
    assert look(art="b.jpg") == await seen(holder.caller, "&art=b.jpg")


async def test_a_later_pin_takes_the_place_of_the_one_before(admin: Caller, holder: Holder) -> None:
    await pin(holder.caller, MINE)
    await pin(holder.caller, MINE, "tmdb:movie-278", file=f"/{FRENCH}")

    assert look(art=FRENCH) == await look_of(admin, holder.key, "tmdb/poster-default/movie-278.jpg")
    assert [FRENCH] == [each["file"] for each in (await holder.caller.get(f"{MINE}/art")).json["pins"]]


async def test_each_kind_has_its_own_pin(admin: Caller, holder: Holder) -> None:
    for kind in ("poster", "logo", "backdrop"):
        await pin(holder.caller, MINE, kind=kind)

    assert look(Kind.LOGO, art=GERMAN) == await look_of(admin, holder.key, f"imdb/logo-default/{FILM}.jpg")
    left = await unpin(holder.caller, MINE, query="?kind=logo")
    assert {"poster", "backdrop"} == {each["kind"] for each in left.json["pins"]}
    assert look(Kind.LOGO) == await look_of(admin, holder.key, f"imdb/logo-default/{FILM}.jpg")
    assert [] == (await unpin(holder.caller, MINE)).json["pins"]


async def test_a_season_is_a_title_of_its_own(admin: Caller, pool: Pool, holder: Holder, renderer: Renderer) -> None:
    await save_aliases(pool, "series-1396", "imdb:tt0903747", "tvdb:81189")
    renderer.media = "series-1396:s2"

    await pin(holder.caller, MINE, "season-1396-S2")

    seasons = ("imdb/poster-default/season-tt0903747-S2.jpg", "tmdb/poster-default/season-1396-S2.jpg")
    assert {look(art=GERMAN)} == {await look_of(admin, holder.key, each) for each in seasons}
    others = ("imdb/poster-default/tt0903747.jpg", "imdb/poster-default/season-tt0903747-S1.jpg")
    assert {look()} == {await look_of(admin, holder.key, each) for each in others}


REFUSED: list[tuple[str, dict[str, Any], int]] = [
    (FILM, {"file": "another.jpg"}, 404),
    (FILM, {"source": "fanart"}, 404),
    (FILM, {"file": "https://example.com/a.jpg"}, 400),
    (FILM, {"file": "../a.jpg"}, 400),
    (FILM, {"kind": "episode"}, 400),
    (FILM, {"kind": "banner"}, 400),
    ("278", {}, 400),
]


@pytest.mark.parametrize(("title", "body", "status"), REFUSED)
async def test_what_no_source_lists_is_not_pinned(
    holder: Holder, title: str, body: dict[str, Any], status: int, renderer: Renderer
) -> None:
    answer = await pin(holder.caller, MINE, title, **body)

    assert (status, True) == (answer.status, answer.json["error"].endswith(".")), answer.body
    assert [] == (await holder.caller.get(f"{MINE}/art")).json["pins"]
    assert (status == 404) == bool(renderer.asked)


async def test_the_renderer_is_asked_for_the_list_below_the_picture_that_is_pinned(
    holder: Holder, renderer: Renderer
) -> None:
    await pin(holder.caller, MINE)

    assert [f"/c/{look(art=GERMAN)}/imdb/poster-default/{FILM}.jpg/artwork"] == renderer.asked


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ((404, b'{"error":"TMDB does not know this title."}'), 404),
        ((503, b"{}"), 503),
        ((200, b'{"pictures":[]}'), 503),
        ((404, b"not found"), 503),
        (DeadlineExceeded("late"), 503),
    ],
)
async def test_without_a_list_nothing_is_pinned(
    holder: Holder, renderer: Renderer, said: tuple[int, bytes] | Exception, status: int
) -> None:
    renderer.answer = said

    answer = await pin(holder.caller, MINE)

    assert status == answer.status
    assert [] == (await holder.caller.get(f"{MINE}/art")).json["pins"]


async def test_there_is_room_for_a_limited_number(
    holder: Holder, admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(title_pins, "MOST_PER_KEY", 1)

    first = await pin(holder.caller, MINE)
    other_kind = await pin(holder.caller, MINE, kind="logo")
    again = await pin(holder.caller, MINE, file=FRENCH)
    of_all = await pin(admin, EVERYBODYS)
    monkeypatch.setattr(title_pins, "MOST_PINS", 2)
    beyond = await pin(admin, EVERYBODYS, kind="logo")

    assert [200, 409, 200, 200, 409] == [each.status for each in (first, other_kind, again, of_all, beyond)]


async def test_the_audit_log_has_both_changes(admin: Caller, pool: Pool, holder: Holder) -> None:
    await pin(holder.caller, MINE)
    await pin(admin, EVERYBODYS, file=FRENCH)
    await unpin(holder.caller, MINE)

    entries = [each for each in await audit_entries(pool, before=None, most=9) if "pinned" in each.action]
    chosen = {"media": "movie-278", "kind": "poster", "source": "tmdb"}
    key = f"key:{holder.id}"
    assert [
        (key, "art_unpinned", key, {"media": "movie-278", "poster": GERMAN}),
        ("admin:root", "art_pinned", "everybody", {**chosen, "file": FRENCH}),
        (key, "art_pinned", key, {**chosen, "file": GERMAN}),
    ] == [(each.actor, each.action, each.target, each.details) for each in entries]


async def test_a_pin_reaches_other_gateways_and_ends_with_its_key(
    admin: Caller, pool: Pool, holder: Holder, postgres_url: str, valkey_url: str
) -> None:
    async with gateway(postgres_url, valkey_url) as other:
        await pin(holder.caller, MINE)
        await other.app[CHANGE_FEED].poll()
        assert look(art=GERMAN) == await look_of(other, holder.key)

    await admin.ask("DELETE", f"/api/keys/{holder.id}")
    assert [] == await title_pins.find_named_pins(pool)


async def test_ids_that_become_known_later_count_after_a_while(
    admin: Caller, pool: Pool, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pin(holder.caller, MINE, "tmdb:movie-278")
    await save_aliases(pool, "movie-278", f"imdb:{FILM}")
    assert look() == await look_of(admin, holder.key)

    monkeypatch.setattr(change_feed, "PINS_EVERY_S", -1.0)
    await admin.app[CHANGE_FEED].poll()

    assert look(art=GERMAN) == await look_of(admin, holder.key)


async def test_pins_make_no_different_settings_of_a_day(
    pool: Pool, admin: Caller, renderer: Renderer, postgres_url: str, valkey_url: str
) -> None:
    async with gateway(postgres_url, valkey_url, KEY_SETTINGS_PER_DAY="1") as caller:
        caller.token = admin.token
        holder = await new_holder(pool, caller)
        for number in (278, 279, 280):
            renderer.media = f"movie-{number}"
            await pin(holder.caller, MINE, renderer.media)

        for number in (278, 279, 280, 281):
            await look_of(caller, holder.key, f"tmdb/poster-default/movie-{number}.jpg?ratings_limit=2")
        spent = await caller.get(f"/{holder.key}/tmdb/poster-default/movie-278.jpg?ratings_limit=3")

    assert 429 == spent.status


async def test_without_pins_there_is_nothing_to_look_up() -> None:
    pinned, film = PinnedArt(), ExternalId(IdType.IMDB, 111161)

    assert (False, "") == (pinned.has_any, pinned.layer(1, Kind.POSTER, film))
    await pinned.replace([NamedPin(EVERYBODY, "movie-278", "poster", GERMAN, [film.alias])])
    assert (True, '{"art":"german.jpg"}') == (pinned.has_any, pinned.layer(1, Kind.POSTER, film))
    await pinned.replace([])
    assert (False, "") == (pinned.has_any, pinned.layer(1, Kind.POSTER, film))


async def test_a_pin_that_a_newer_version_wrote_holds_under_the_ids_that_can_be_read() -> None:
    pinned, film = PinnedArt(), ExternalId(IdType.IMDB, 111161)

    await pinned.replace([NamedPin(7, "play-278", "poster", GERMAN, [film.alias])])

    assert ['{"art":"german.jpg"}', ""] == [pinned.layer(key, Kind.POSTER, film) for key in (7, 8)]
