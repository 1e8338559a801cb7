"""What the pool does when its server fails, is replaced, or is one of several; on real servers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
from yarl import URL

from deploy.dev.local.ports import HOST, free_ports
from shared.config.database_url import KeepAlive
from shared.domain.errors import StoreDown
from shared.stores.migrate import migrate
from shared.stores.postgres import Pool, connection, open_pool
from shared.stores.postgres_check import check_postgres
from tests.stack.parts import Stack
from tests.stack.relay import Relay, Trouble

WORKS_AGAIN_S = 10.0
MANY = 5
WRITE = "UPDATE alembic_version SET version_num = version_num"
SERVER = "SELECT pg_backend_pid(), inet_server_port()"


@pytest.fixture(scope="module")
def primary(stack: Stack) -> str:
    """A migrated server that these tests may break."""
    dsn = stack.postgres()
    with asyncio.Runner() as runner:
        runner.run(migrate(dsn))
    return dsn


@pytest.fixture(scope="module")
def standby(stack: Stack, primary: str) -> str:
    return stack.standby(primary)


@pytest.fixture
async def relay(primary: str) -> AsyncIterator[tuple[Relay, str]]:
    """A relay before the primary, and the address through it."""
    (port,) = free_ports(1, apart_from=())
    async with Relay(port, URL(primary).port or 0) as relay:
        yield relay, str(URL(primary).with_port(port))


@pytest.fixture(autouse=True)
async def writable(primary: str) -> AsyncIterator[None]:
    """Leave the primary as it was."""
    yield
    await make_read_only(primary, "off")


async def make_read_only(dsn: str, value: str = "on") -> None:
    """Change what a server says about itself, as a provider does whose disk is full or whose primary has moved."""
    db = await asyncpg.connect(dsn, server_settings={"default_transaction_read_only": "off"})
    try:
        await db.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        await db.execute("SELECT pg_reload_conf()")
    finally:
        await db.close()
    async with asyncio.timeout(WORKS_AGAIN_S):
        while await shown(dsn) != value:  # noqa: ASYNC110 - a setting of Postgres signals nothing
            await asyncio.sleep(0.01)


async def shown(dsn: str) -> str:
    db = await asyncpg.connect(dsn)
    try:
        return str(await db.fetchval("SHOW default_transaction_read_only"))
    finally:
        await db.close()


async def ask(pool: Pool, query: str = WRITE) -> tuple[object, ...]:
    async with connection(pool) as db:
        return tuple(await db.fetchrow(query) or ())


async def open_many(pool: Pool) -> None:
    """Have several connections open and idle."""
    gate = asyncio.Barrier(MANY)

    async def hold() -> None:
        async with connection(pool) as db:
            await db.execute("SELECT 1")
            await gate.wait()

    await asyncio.gather(*(hold() for _ in range(MANY)))


async def until_it_works(work: Callable[[], Awaitable[object]]) -> int:
    """Repeat until the work is done, and return how often it failed before."""
    failures = 0
    async with asyncio.timeout(WORKS_AGAIN_S):
        while True:
            try:
                await work()
            except StoreDown:
                failures += 1
                await asyncio.sleep(0.05)
            else:
                return failures


async def test_after_a_failover_that_keeps_old_connections_one_failed_write_is_enough(
    primary: str, stack: Stack
) -> None:
    """The server behind the address changes; the connections to the former one stay open, and it takes no writes."""
    following = await asyncio.to_thread(stack.standby, primary)
    (port,) = free_ports(1, apart_from=())
    async with Relay(port, URL(primary).port or 0) as relay, open_pool(str(URL(primary).with_port(port))) as pool:
        await open_many(pool)
        await make_read_only(primary)
        db = await asyncpg.connect(following)
        await db.fetchval("SELECT pg_promote(true, 10)")
        await db.execute(
            "ALTER SYSTEM RESET default_transaction_read_only"
        )  # it followed nothing of that, but its file
        await db.close()
        relay.switch(URL(following).port or 0)

        failures = await until_it_works(lambda: ask(pool))
        servers = await asyncio.gather(*(ask(pool, SERVER) for _ in range(MANY)))

    await asyncio.to_thread(stack.stop, "postgres")
    assert failures <= 1
    assert {URL(following).port} == {port for _, port in servers}


async def test_a_read_only_server_answers_questions_and_keeps_no_connection(
    primary: str, relay: tuple[Relay, str]
) -> None:
    async with open_pool(relay[1]) as pool:
        await open_many(pool)
        await make_read_only(primary)
        read = [await ask(pool, SERVER) for _ in range(3)]
        with pytest.raises(StoreDown, match="ReadOnly"):
            await ask(pool)
        kept = pool.count().open
        await make_read_only(primary, "off")
        failures = await until_it_works(lambda: ask(pool))
        again = [await ask(pool, SERVER) for _ in range(3)]

    assert (3, 0) == (len(set(read)), kept)
    assert failures <= 1
    assert 1 == len(set(again))  # and now it is kept


async def test_the_connections_of_a_server_that_restarts_are_all_given_up(primary: str) -> None:
    async with open_pool(primary) as pool:
        await open_many(pool)
        db = await asyncpg.connect(primary)

        async def be_terminated() -> None:
            async with connection(pool) as lent:
                pid = await lent.fetchval("SELECT pg_backend_pid()")
                await db.execute("SELECT pg_terminate_backend($1)", pid)
                await lent.execute(WRITE)

        with pytest.raises(StoreDown):
            await be_terminated()
        left = pool.count().open
        await db.close()
        await ask(pool)

    assert 0 == left


async def test_a_statement_that_is_at_fault_itself_costs_no_connection(primary: str) -> None:
    async with open_pool(primary, most_connections=1) as pool:
        before = await ask(pool, SERVER)
        with pytest.raises(StoreDown):
            await ask(pool, "SELECT 1/0")
        with pytest.raises(StoreDown):
            async with connection(pool) as db:
                await db.execute("SELECT pg_sleep(10)", timeout=0.1)
        after = await ask(pool, SERVER)

    assert before == after


async def test_a_frozen_server_that_is_replaced_is_left_within_seconds(primary: str, stack: Stack) -> None:
    frozen = await asyncio.to_thread(stack.postgres)
    part = stack.part("postgres")
    (port,) = free_ports(1, apart_from=())
    async with Relay(port, URL(frozen).port or 0) as relay, open_pool(str(URL(frozen).with_port(port))) as pool:
        await open_many(pool)
        part.freeze()
        relay.switch(URL(primary).port or 0)
        async with asyncio.timeout(WORKS_AGAIN_S):
            failures = await until_it_works(lambda: ask(pool, SERVER))
            servers = {(await ask(pool, SERVER))[1] for _ in range(MANY)}
    part.thaw()
    await asyncio.to_thread(stack.stop, "postgres")

    assert failures <= 1
    assert {URL(primary).port} == servers


async def test_the_check_writes_and_keeps_nothing(primary: str) -> None:
    async with open_pool(primary, most_connections=2) as pool:
        await asyncio.gather(*(check_postgres(pool) for _ in range(20)))
        rows = await ask(pool, "SELECT count(*) FROM alembic_version")

    assert (1,) == rows


async def test_the_check_waits_for_nobody_who_holds_the_row(primary: str) -> None:
    async with open_pool(primary) as pool, connection(pool) as db, db.transaction():
        await db.execute(WRITE)

        async with asyncio.timeout(1):
            await check_postgres(pool)


async def test_the_check_says_in_plain_words_why_it_failed(primary: str, standby: str, stack: Stack) -> None:
    empty = await asyncio.to_thread(stack.postgres)
    (nowhere,) = free_ports(1, apart_from=())
    addresses = {
        "the server is read-only": standby,
        "the database is not migrated": empty,
        "the server has no such database": str(URL(primary).with_path("/none")),
        "the server refuses the user or the password": str(URL(primary).with_user("sesame")),
        "the server cannot be reached": str(URL(primary).with_port(nowhere)),
    }
    said = {}
    for reason, dsn in addresses.items():
        async with open_pool(dsn) as pool:
            with pytest.raises(StoreDown) as raised:
                await check_postgres(pool)
            said[reason] = str(raised.value)
    await asyncio.to_thread(stack.stop, "postgres")

    assert {reason: reason for reason in addresses} == said


@pytest.mark.parametrize("order", [0, 1])
async def test_of_several_hosts_the_one_that_takes_writes_is_used(primary: str, standby: str, order: int) -> None:
    ports = [URL(primary).port, URL(standby).port]
    hosts = ",".join(f"{HOST}:{port}" for port in (ports if order == 0 else reversed(ports)))

    async with open_pool(f"postgresql://postgres@{hosts}/marquee") as pool:
        await ask(pool)
        _, port = await ask(pool, SERVER)

    assert ports[0] == port


async def test_a_host_that_is_silent_or_gone_is_passed_over_in_time(primary: str) -> None:
    gone, silent = free_ports(2, apart_from=())
    hosts = f"{HOST}:{gone},{HOST}:{silent},{HOST}:{URL(primary).port}"
    dsn = f"postgresql://postgres@{hosts}/marquee?target_session_attrs=primary"

    async with Relay(silent, URL(primary).port or 0) as relay, open_pool(dsn) as pool:
        await relay.break_down(Trouble.SILENT)
        await until_it_works(lambda: ask(pool))
        _, port = await ask(pool, SERVER)
        await relay.heal()

    assert URL(primary).port == port


async def test_only_standbys_among_the_hosts_are_store_down(standby: str) -> None:
    port = URL(standby).port
    async with open_pool(f"postgresql://postgres@{HOST}:{port},{HOST}:{port}/marquee") as pool:
        with pytest.raises(StoreDown, match="no host accepts writes"):
            await ask(pool)


async def test_what_the_url_says_of_the_session_is_said_to_the_server(primary: str) -> None:
    words = "application_name=posters%20one&options=-c%20statement_timeout%3D4321"
    async with open_pool(f"{primary}?{words}") as pool:
        said = await ask(pool, "SELECT current_setting('application_name'), current_setting('statement_timeout')")

    assert ("posters one", "4321ms") == said


async def test_tcp_keepalive_is_set_as_the_url_says(primary: str) -> None:
    words = "keepalives_idle=33&keepalives_interval=7&keepalives_count=4&tcp_user_timeout=9000"
    found = []
    for query in (words, "", "keepalives=0"):
        async with open_pool(f"{primary}?{query}") as pool, connection(pool) as db:
            found.append(keep_alive_of(db._con._marquee_socket))

    assert KeepAlive(on=True, idle_s=33, interval_s=7, count=4, user_timeout_ms=9000) == found[0]
    assert [True, True, False] == [each.on for each in found]


def keep_alive_of(sock: socket.socket) -> KeepAlive:
    names = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
    read = [sock.getsockopt(socket.IPPROTO_TCP, name) for name in names]
    return KeepAlive(bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)), *read)


async def test_a_socket_is_used_where_the_url_names_its_folder(stack: Stack) -> None:
    folder = stack.new_folder()
    folder.chmod(0o777)  # the server runs as another user
    dsn = URL(await asyncio.to_thread(stack.postgres, None, unix_socket_directories=str(folder)))
    try:
        for address in (
            f"postgresql://postgres@/marquee?host={folder}&port={dsn.port}",
            f"postgresql://postgres@{str(folder).replace('/', '%2F')}:{dsn.port}/marquee",
        ):
            async with open_pool(address) as pool:
                assert (None,) == await ask(pool, "SELECT inet_server_port()")
    finally:
        await asyncio.to_thread(stack.stop, "postgres")
