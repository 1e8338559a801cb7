"""What a link to a look shows where it is posted: the picture in that look, and its settings in words."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from gateway.api.api_error import ApiError
from gateway.designs.published_presets import preset_title
from gateway.pictures.address import PRESET_PREFIX, title_for_kind
from gateway.pictures.handler import PictureDependencies
from gateway.pictures.key_layers import layers_below
from gateway.pictures.settings_resolver import resolve_query
from gateway.settings.look_query import shortest_query
from gateway.web.controls import KINDS, WORDS
from gateway.web.samples import COLLECTIONS, EPISODES, FILMS, SEASONS
from shared.domain.errors import MarqueeError
from shared.domain.ids import ExternalId
from shared.domain.pictures import Format, Kind
from shared.queue.prewarm_input import parse_external_id
from shared.settings.content_url import content_path
from shared.settings.model import Settings
from shared.settings.parameters import NAMES

_DEADLINE_S: Final = 2.0
_LONGEST_ID: Final = 100
_MOST_NAMED: Final = 6  # parameters of a look in words
_SAMPLES: Final[Mapping[str, str]] = {
    each.id: f"{each.name} ({each.year})" for each in (*FILMS, *EPISODES, *SEASONS, *COLLECTIONS)
}
_FORMATS: Final = {Kind.LOGO: Format.PNG}

TitleName = Callable[[ExternalId], Awaitable[tuple[str, int | None] | None]]
"""Returns the name and the year of a title, if they are known. Raises ``StoreDown``."""

LookCaller = Callable[[web.Request], Awaitable[tuple[int, bool]]]
"""Returns whose limits a request shares, and whether that is the free key. Raises a 401 ``ApiError``, ``StoreDown``."""


class LookCard(msgspec.Struct, frozen=True):
    """Title, sentence and picture of a link; ``image`` is a whole address, ``width`` and ``height`` are pixels."""

    title: str
    words: str
    image: str
    width: int
    height: int
    alt: str


class LookCards:
    """Makes the cards. Each counts as a picture of the caller, like the preview that the page itself shows."""

    def __init__(
        self, deps: PictureDependencies, caller: LookCaller, *, content_base_url: str, title_name: TitleName
    ) -> None:
        self._deps, self._caller, self._base, self._title_name = deps, caller, content_base_url, title_name

    async def of(self, request: web.Request) -> LookCard | None:
        """Return the card of an address with parameters of a look or a title.

        ``None`` for any other address, for strangers without the free key, and where it cannot be made in time.
        """
        if not _names_look(request.query):
            return None
        try:
            async with asyncio.timeout(_DEADLINE_S):
                return await self._card(request)
        except (MarqueeError, ApiError, TimeoutError):
            return None

    async def _card(self, request: web.Request) -> LookCard:
        query = request.query
        kind = Kind(word) if (word := query.get("kind", "")) in set(Kind) else Kind.POSTER
        look = _look_of(kind, query)
        text = query.get("episode" if kind is Kind.EPISODE else "id", "")[:_LONGEST_ID]
        sample = (EPISODES if kind is Kind.EPISODE else FILMS)[0].id
        title = title_for_kind(parse_external_id(text or sample), kind)
        key_id, is_free = await self._caller(request)
        client = self._deps.rate_limits.client(request)
        self._deps.rate_limits.take_picture(client, key_id)
        preset = _preset_of(kind, query)
        found = self._deps.change_feed.presets.find(f"{PRESET_PREFIX}{preset}") if preset else None
        of_preset = found[1] if found is not None and found[0] is kind else ""
        layers = layers_below(self._deps.change_feed.overrides, "", of_preset)
        resolved = resolve_query(kind, _FORMATS.get(kind, Format.JPG), urlencode(look), layers)
        await self._deps.save_settings(resolved, client, is_free=is_free)
        path = content_path(resolved.hash, title, kind, resolved.settings.format)
        self._deps.announce(path, resolved, title, (key_id, client))
        name = _SAMPLES.get(text or sample) or _named(await self._title_name(title)) or text
        width, height = resolved.settings.canvas
        what = KINDS[kind].lower()
        return LookCard(
            title=f"{name}: a {what} by Marquee",
            words=(of_preset and f"In the preset “{preset_title(preset)}”.")
            or look_words(resolved.settings)
            or "The ratings, in the default look.",
            image=self._base + path,
            width=width,
            height=height,
            alt=f"{name}: {what} with its ratings",
        )


def look_words(settings: Settings) -> str:
    """Return what a look chooses, such as "Corners: Pill. Direction: In a column."; empty for the defaults."""
    pairs = [pair.partition("=") for pair in (shortest_query(settings) or "").split("&") if pair]
    named = []
    for name, _, value in pairs[:_MOST_NAMED]:
        words = WORDS.get(name)
        if words is not None and name not in {"art", "ratings_exclude"}:
            named.append(f"{words.label}: {words.values.get(value, value)}.")
    return " ".join(named)


def _named(found: tuple[str, int | None] | None) -> str:
    if found is None:
        return ""
    name, year = found
    return name if year is None else f"{name} ({year})"


def _names_look(query: Mapping[str, str]) -> bool:
    known = NAMES | {"preset"}
    return any(name in known or name in {"id", "episode"} or name.partition(".")[2] in known for name in query)


def _preset_of(kind: Kind, query: Mapping[str, str]) -> str:
    """Return the name of the preset that an address of a page chooses for a kind; empty if none."""
    return query.get(f"{kind}.preset", query.get("preset", ""))


def _look_of(kind: Kind, query: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of a picture of this kind; ``poster.position`` is of posters only, as pages write it."""
    own = {name: value for name, value in query.items() if name in NAMES}
    prefix = f"{kind}."
    return own | {
        name.removeprefix(prefix): value
        for name, value in query.items()
        if name.startswith(prefix) and name.removeprefix(prefix) in NAMES
    }
