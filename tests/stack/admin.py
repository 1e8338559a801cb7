"""What an admin of a pair does over the API."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from tests.stack.pair import Pair

ADMIN: Final = {"username": "root", "password": "correct horse battery"}
PURGED_WITHIN_S: Final = 60.0
_PAUSE_S: Final = 0.1


async def sign_in(pair: Pair, http: aiohttp.ClientSession) -> dict[str, str]:
    """Return the header of the admin, who is created at the first sign-in."""
    for way in ("login", "setup"):
        async with http.post(f"{pair.gateway_url}/api/auth/{way}", json=ADMIN) as answer:
            if answer.status == 200:
                token = (await answer.json())["token"]
                pair.secrets.append(token)
                return {"Authorization": f"Bearer {token}"}
    raise AssertionError("the admin cannot sign in")


async def purge(pair: Pair, http: aiohttp.ClientSession, what: Mapping[str, object]) -> Any:
    """Request a purge and return it when it has ended."""
    headers = await sign_in(pair, http)
    async with http.post(f"{pair.gateway_url}/api/admin/purge", json=what, headers=headers) as answer:
        assert answer.status == 202, await answer.text()
        number = (await answer.json())["id"]
    async with asyncio.timeout(PURGED_WITHIN_S):
        while True:
            async with http.get(f"{pair.gateway_url}/api/admin/purges", headers=headers) as answer:
                found = {row["id"]: row for row in (await answer.json())["purges"]}[number]
            if found["state"] not in {"waiting", "running"}:
                return found
            await asyncio.sleep(_PAUSE_S)
