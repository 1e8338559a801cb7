"""The stack that the run breaks: real stores, sources behind relays that can fail, two processes of each service."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from yarl import URL

from deploy.dev.bench.sources import VARIED
from deploy.dev.chaos.failover import Address, replicate_postgres, replicate_valkey
from deploy.dev.chaos.spoiler import Spoiler, open_spoiler
from deploy.dev.local.environment import DEMO
from deploy.dev.local.ports import HOST, free_ports
from tests.stack.part import Part
from tests.stack.parts import Stack
from tests.stack.relay import Relay
from tests.stack.server import Server
from tests.stack.services import SECRETS, Services
from tests.stack.stores import Stores

FILMS: Final = 2000
SOURCES: Final = {
    "tmdb": "TMDB_API_URL",
    "tmdb images": "TMDB_IMAGE_URL",
    "mdblist": "MDBLIST_API_URL",
    "omdb": "OMDB_API_URL",
    "fanart": "FANART_API_URL",
}
"""Each source with the variable that points to it."""


@dataclass(frozen=True)
class Stage:
    """Everything that runs."""

    services: Services
    stores: Stores
    """The addresses of the stores; that of S3 bypasses the relay."""
    valkey: Part
    postgres: Part
    relays: dict[str, Relay]
    """The relays in front of the sources, by ``SOURCES``, and those in front of the stores."""
    spoilers: dict[str, Spoiler]
    """The proxies behind the relays of ``s3`` and ``tmdb``."""
    addresses: dict[str, Address]
    """Where ``valkey`` and ``postgres`` have a second server."""


@asynccontextmanager
async def open_stage(stack: Stack) -> AsyncIterator[Stage]:
    """Run the services and relays while inside. Raises ``StartFailed``."""
    stores = stack.stores()
    parts = stack.part("valkey"), stack.part("postgres")
    first = {"valkey": _port(stores.redis_url), "postgres": _port(stores.database_url)}
    second = {
        "valkey": await replicate_valkey(stack, first["valkey"]),
        "postgres": await replicate_postgres(stack, first["postgres"]),
    }
    sources = Server(stack.folder, "deploy.dev.bench.sources", str(FILMS), VARIED)
    async with AsyncExitStack() as undo:
        undo.push_async_callback(sources.down)
        await sources.up()
        targets = {"s3": _port(stores.s3_url), **dict.fromkeys(SOURCES, sources.port), **first}
        spoilers = {}
        for name in ("s3", "tmdb"):
            spoilers[name] = await undo.enter_async_context(open_spoiler(targets[name]))
            targets[name] = spoilers[name].port
        ports = dict(zip(targets, free_ports(len(targets), apart_from=()), strict=True))
        relays = {name: await undo.enter_async_context(Relay(ports[name], target)) for name, target in targets.items()}
        stores = replace(
            stores,
            redis_url=str(URL(stores.redis_url).with_port(ports["valkey"])),
            database_url=str(URL(stores.database_url).with_port(ports["postgres"])),
        )
        settings = {
            **SECRETS,
            **{name: DEMO[name].format(f"{HOST}:{ports[source]}") for source, name in SOURCES.items()},
            "S3_ENDPOINT_URL": f"http://{HOST}:{ports['s3']}",
            "LOG_LEVEL": "info",
        }
        services = Services(stack.folder, stores, sources, settings, gateway_count=2, renderer_count=2)
        await undo.enter_async_context(services)
        addresses = {name: Address(relays[name], port, second[name]) for name, port in first.items()}
        yield Stage(services, stores, *parts, relays, spoilers, addresses)


def _port(url: str) -> int:
    return urlsplit(url).port or 0
