"""A process starts once its stores can be used. It waits for one that is away; one that refuses ends it in one line."""

import asyncio
import json
import socket
import uuid
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest
from yarl import URL

from deploy.dev.local.ports import HOST, free_ports
from tests.contracts.stand_in import answering
from tests.stack.parts import Stack
from tests.stack.program_ground import Env, Ground
from tests.stack.strict_s3 import REGION, StrictS3
from tests.stack.valkeys import cluster, valkey
from tests.waiting import run_apart


@pytest.fixture
async def ground(postgres_url: str, valkey_url: str) -> AsyncIterator[Ground]:
    store = StrictS3()
    async with answering(store.answer) as store.url:
        yield Ground(postgres_url, valkey_url, store)


@pytest.fixture
async def role(postgres_url: str) -> AsyncIterator[str]:
    """A user of the database who may read and write rows, and nothing else."""
    name = f"crud_{uuid.uuid4().hex[:8]}"
    db = await asyncpg.connect(postgres_url)
    await db.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'sesame'")
    await db.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
    yield name
    await db.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")
    await db.close()


async def next_event(stream: asyncio.StreamReader) -> dict[str, str]:
    event: dict[str, str] = json.loads(await asyncio.wait_for(stream.readline(), 60))
    return event


def stopped_with(found: tuple[int | None, str, str], line: str) -> None:
    """Check that a process ended with 1 and one line, and that it never said that it had started."""
    code, out, err = found
    assert (1, f"marquee cannot start: {line}\n") == (code, err)
    assert "started" not in out
    assert "Traceback" not in out


MALFORMED = "s3: AuthorizationHeaderMalformed: The authorization header is malformed"
SIGNATURE = "s3: SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided."


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "another"}, f"{SIGNATURE} (DeleteObjects)"),
        (
            {"AWS_ACCESS_KEY_ID": "AKIDNONE"},
            "s3: InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records. (DeleteObjects)",
        ),
        (
            {"S3_REGION": "us-east-1"},
            f"{MALFORMED}; the region 'us-east-1' is wrong; expecting '{REGION}' (DeleteObjects)",
        ),
        ({"S3_BUCKET": "others"}, "s3: NoSuchBucket: The specified bucket does not exist (DeleteObjects)"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "none"},
         "s3: ProfileNotFound: The config profile (none) could not be found"),
    ],
    ids=["secret", "key id", "region", "bucket", "profile"],
)  # fmt: skip
async def test_a_bucket_that_refuses_stops_the_renderer(ground: Ground, changed: Env, line: str) -> None:
    stopped_with(await ground.ended("renderer", **changed), line)


@pytest.mark.parametrize("operation", ["PutObject", "GetObject", "ListBucket", "DeleteObjects"])
async def test_a_right_that_is_missing_is_named(ground: Ground, operation: str) -> None:
    ground.s3.denied = {operation}

    found = await ground.ended("renderer")

    named = {"ListBucket": "ListObjectsV2"}.get(operation, operation)
    sentence = f"User: marquee is not authorized to perform: s3:{operation}"
    stopped_with(found, f"s3: AccessDenied: {sentence} ({named})")
    assert {} == ground.s3.kept


async def test_a_page_in_place_of_s3_is_told_as_such(ground: Ground) -> None:
    ground.s3.page = (404, "<html>This address does not exist.</html>")

    code, out, err = await ground.ended("renderer")

    assert (1, 1) == (code, err.count("\n"))
    assert "s3: status 404: not an answer of S3 but text/html; is S3_ENDPOINT_URL right? (DeleteObjects)" in err
    assert "started" not in out


async def test_a_store_that_loses_metadata_is_found_out(ground: Ground) -> None:
    ground.s3.keeps_metadata = False

    stopped_with(
        await ground.ended("renderer"),
        "s3: an object comes back with other bytes or metadata; is S3_ENDPOINT_URL right? (GetObject)",
    )


@pytest.mark.parametrize("program", ["gateway", "renderer"])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda url: url.with_path("/none"), 'InvalidCatalogNameError: database "none" does not exist'),
        (lambda url: url.with_user("nobody"), 'InvalidAuthorizationSpecificationError: role "nobody" does not exist'),
        (
            lambda url: url.update_query(sslmode="require"),
            'ConnectionError: PostgreSQL server at "{}" rejected SSL upgrade',
        ),
    ],
    ids=["database", "role", "TLS"],
)
async def test_a_database_that_refuses_stops_either_process(
    ground: Ground, program: str, change: Callable[[URL], URL], says: str
) -> None:
    url = URL(ground.database_url)

    found = await ground.ended(program, DATABASE_URL=str(change(url)))

    stopped_with(found, f"postgres: {says.format(f'{url.host}:{url.port}')}")


async def test_rights_that_are_missing_on_tables_are_named(ground: Ground, role: str, postgres_url: str) -> None:
    db = await asyncpg.connect(postgres_url)
    await db.execute(f"REVOKE INSERT, DELETE ON images FROM {role}; REVOKE UPDATE ON alembic_version FROM {role}")
    await db.close()

    found = await ground.ended("gateway", DATABASE_URL=str(URL(postgres_url).with_user(role).with_password("sesame")))

    stopped_with(
        found, "postgres: permission denied: the user lacks UPDATE on alembic_version, INSERT, DELETE on images"
    )


@pytest.mark.parametrize("program", ["gateway", "renderer"])
@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda url: url.with_user("posters").with_password("no"),
         "redis: ServerUseless: WRONGPASS invalid username-password pair or user is disabled."),
        (lambda url: url.with_path("/4000"), "redis: ResponseError: DB index is out of range"),
        (lambda url: url.with_scheme("redis+cluster").with_path(""),
         "redis: ConnectionError: primary unknown: {} says ResponseError: This instance has cluster support disabled"),
    ],
    ids=["password", "number", "no Cluster"],
)  # fmt: skip
async def test_a_redis_that_refuses_stops_either_process(
    ground: Ground, program: str, change: Callable[[URL], URL], line: str
) -> None:
    url = URL(ground.redis_url)

    stopped_with(await ground.ended(program, REDIS_URL=str(change(url))), line.format(f"{url.host}:{url.port}"))


async def test_a_user_of_redis_without_rights_is_refused_in_its_words(ground: Ground, stack: Stack) -> None:
    server = await asyncio.to_thread(valkey, stack)
    await server.tell("ACL", "SETUSER", "weak", "on", ">word", "~marquee:*", "+@read", "+ping", "+info")

    code, _, err = await ground.ended("gateway", REDIS_URL=f"redis://weak:word@{HOST}:{server.port}/0")

    assert (1, 1) == (code, err.count("\n"))
    assert "marquee cannot start: redis: NoPermissionError: " in err
    assert "evalsha" in err


async def test_a_cluster_that_is_taken_for_one_server_is_found_out(ground: Ground, stack: Stack) -> None:
    nodes = await asyncio.to_thread(run_apart, cluster(stack))

    stopped_with(
        await ground.ended("gateway", REDIS_URL=f"redis://{HOST}:{nodes.primaries[0].port}/0"),
        "redis: the server is in mode cluster: REDIS_URL must begin with redis+cluster://",
    )


@pytest.mark.parametrize("program", ["gateway", "renderer", "shared.stores.migrate"])
async def test_a_parameter_that_is_not_known_stops_every_program(ground: Ground, program: str) -> None:
    found = await ground.ended(program, DATABASE_URL=f"{ground.database_url}?nothing=1")

    stopped_with(found, "DATABASE_URL: the parameter nothing is not supported; remove it.")


@pytest.mark.parametrize("program", ["gateway", "renderer"])
async def test_an_option_of_redis_that_is_not_known_stops_either_process(ground: Ground, program: str) -> None:
    code, out, err = await ground.ended(program, REDIS_URL=f"{ground.redis_url}?nothing=1")

    assert (1, "", 1) == (code, out, err.count("\n"))
    assert err.startswith("marquee cannot start: REDIS_URL has the option 'nothing', which is not known;")


@pytest.mark.parametrize("program", ["gateway", "renderer"])
@pytest.mark.parametrize(("variable", "nth"), [("LISTEN_ADDR", 0), ("METRICS_ADDR", 1)])
async def test_a_port_that_is_taken_is_one_line(ground: Ground, program: str, variable: str, nth: int) -> None:
    with socket.create_server((HOST, ground.ports[nth])):
        found = await ground.ended(program)

    code, out, err = found
    line = f"{variable}: cannot listen on {HOST}:{ground.ports[nth]}: Address already in use"
    assert (1, f"marquee cannot start: {line}\n") == (code, err)
    assert "Traceback" not in out


async def test_an_address_that_is_not_of_this_machine_is_one_line(ground: Ground) -> None:
    found = await ground.ended("gateway", METRICS_ADDR="192.0.2.1:3100")

    stopped_with(found, "METRICS_ADDR: cannot listen on 192.0.2.1:3100: Cannot assign requested address")


async def test_stores_that_are_away_are_waited_for(ground: Ground, stack: Stack) -> None:
    """S3 and Redis come later: until then the process lives, is not ready, and says what it waits for."""
    port, s3_port = free_ports(2, apart_from=ground.ports)
    changed = {"REDIS_URL": f"redis://{HOST}:{port}/0", "S3_ENDPOINT_URL": f"http://{HOST}:{s3_port}"}
    async with ground.running("renderer", **changed) as process:
        assert process.stdout is not None
        awaited: dict[str, str] = {}
        while {"redis", "s3"} != awaited.keys():
            event = await next_event(process.stdout)
            if event["event"] == "store_awaited":
                awaited[event["store"]] = event["reason"]
        before = await ground.readiness()
        await asyncio.to_thread(stack.valkey, port)
        ground.s3.url = f"http://{HOST}:{s3_port}"
        async with answering(ground.s3.answer, port=s3_port):
            while (await next_event(process.stdout))["event"] != "renderer_started":
                pass
            after = await ground.readiness()

    await asyncio.to_thread(stack.stop, "valkey")
    assert "s3: ClientConnectorError: Connection refused (DeleteObjects)" == awaited["s3"]
    assert "Connect" in awaited["redis"]
    assert (503, 200) == (before, after)


async def test_a_process_that_waits_ends_when_it_is_told_to(ground: Ground) -> None:
    (port,) = free_ports(1, apart_from=ground.ports)
    async with ground.running("gateway", REDIS_URL=f"redis://{HOST}:{port}/0") as process:
        assert process.stdout is not None
        while b"store_awaited" not in await asyncio.wait_for(process.stdout.readline(), 60):
            pass
        process.terminate()
        out, err = await asyncio.wait_for(process.communicate(), 60)

    assert (0, b"") == (process.returncode, err)
    assert b"gateway_stopped" in out
