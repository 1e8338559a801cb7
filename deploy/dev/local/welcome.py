"""What a started stack says at the terminal: where its pages are, and pictures to try, each once it is drawn."""

import asyncio
import json
from typing import Final
from urllib.parse import urlsplit

from deploy.dev.local.ports import HOST, Contract
from deploy.dev.local.probes import head_of
from deploy.dev.local.terminal import say

PICTURES: Final = (
    "/t0-free-rpdb/imdb/poster-default/tt0017136.jpg",
    "/t0-free-rpdb/imdb/poster-default/tt0013442.jpg?imageSize=large",
    "/t0-free-rpdb/tmdb/poster-default/movie-19.jpg",
)
"""Addresses to try; the demo catalogue has them, and so have the real sources."""

_DRAWN: Final = frozenset({"HIT", "MISS", "STALE"})
_REFUSED: Final = 401
_EVERY_S: Final = 0.5
_ATTEMPTS: Final = 60  # each waits for the picture as a caller does


async def welcome(contract: Contract) -> None:
    """Print the addresses of the pages, and then those of the pictures as they become ready."""
    base = f"http://{HOST}:{contract.gateway}"
    is_free = (await head_of(contract.gateway, PICTURES[0])).status != _REFUSED
    note = "" if await _has_admin(contract.gateway) else "   (no admin yet: the first visitor creates one)"
    say(
        "\n".join(
            [
                f"ready {base}",
                f"  website    {base}/",
                f"  configure  {base}/configure",
                f"  admin      {base}/admin{note}",
                f"  free key   {'t0-free-rpdb' if is_free else 'off'}",
            ]
        )
    )
    for path in PICTURES if is_free else ():
        if await _is_drawn_in_time(contract.gateway, path):
            say(f"  {base}{path}")
        else:
            say(f"  not drawn yet: {path} (see the log above)")


async def _has_admin(port: int) -> bool:
    """Return whether there is an admin; a gateway that does not say so is taken to have one."""
    head = await head_of(port, "/api/auth/status")
    try:
        return not json.loads(head.body)["setup_needed"]
    except (ValueError, KeyError):
        return True


async def _is_drawn_in_time(port: int, path: str) -> bool:
    """Request a picture until it is drawn. False if that takes too long."""
    for _ in range(_ATTEMPTS):
        head = await head_of(port, path)
        if location := head.headers.get("location"):
            where = urlsplit(location)
            head = await head_of(where.port or port, where.path)
        if head.headers.get("x-cache-status") in _DRAWN:
            return True
        await asyncio.sleep(_EVERY_S)
    return False
