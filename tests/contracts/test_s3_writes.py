"""Writes to an S3 that verifies signatures as AWS's own library makes them, and that fails now and then."""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry
from yarl import URL

from renderer.metrics import RendererMetrics
from renderer.storage.s3 import S3Storage
from renderer.storage.s3_signer import S3Credentials, S3Signer
from shared.domain.errors import StoreDown, StoreRefused
from tests.contracts.stand_in import answering
from tests.contracts.test_storage import picture
from tests.stack.strict_s3 import AUTHORIZATION, KEY_ID, REGION, SECRET, aws_signature

KEY: Final = "c/0123456789abcdef/series-1396:1:1.jpg"
_MUST_BE_SIGNED: Final = {"host", "x-amz-date", "x-amz-content-sha256", "content-type", "x-amz-meta-etag"}


@dataclass
class Verifying:
    """A store that takes what is signed well, after the statuses that are scripted; 0 hangs up."""

    url: str = ""
    token: str | None = None
    script: deque[int] = field(default_factory=deque)
    calls: int = 0
    kept: dict[str, tuple[bytes, dict[str, str]]] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.Response:
        self.calls += 1
        body = await request.read()
        if self.script and (status := self.script.popleft()) != 200:
            if status == 0:
                assert request.transport is not None
                request.transport.abort()
            return failed(status, "SlowDown" if status == 503 else "InternalError")
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not self.is_signed(request, headers, body):
            return failed(403, "SignatureDoesNotMatch")
        self.kept[request.path] = (body, headers)
        return web.Response(headers={"ETag": '"x"'})

    def is_signed(self, request: web.Request, headers: dict[str, str], body: bytes) -> bool:
        match = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if match is None:
            return False
        names = set(match[4].split(";"))
        at = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return (
            (KEY_ID, at.strftime("%Y%m%d"), REGION) == match.group(1, 2, 3)
            and names >= _MUST_BE_SIGNED | {name for name in headers if name.startswith("x-amz-")}
            and abs(datetime.now(UTC) - at) < timedelta(minutes=15)
            and headers["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()
            and headers.get("x-amz-security-token") == self.token
            and match[5]
            == aws_signature(
                request.method,
                f"{self.url}{request.raw_path}",
                {name: headers[name] for name in names},
                self.token,
            )
        )


def failed(status: int, code: str) -> web.Response:
    text = f"<Error><Code>{code}</Code><Message>said the store</Message></Error>"
    return web.Response(status=status, text=text, content_type="application/xml")


@pytest.fixture
async def store() -> AsyncIterator[Verifying]:
    store = Verifying()
    async with answering(store.answer) as store.url:
        yield store


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def opened(
    store: Verifying, registry: CollectorRegistry, *, secret: str = SECRET, path: str = ""
) -> AbstractAsyncContextManager[S3Storage]:
    return S3Storage.open(
        endpoint_url=f"{store.url}{path}",
        region=REGION,
        bucket="pictures",
        access_key=KEY_ID,
        secret_key=secret,
        session_token=store.token,
        metrics=RendererMetrics(registry),
    )


@pytest.mark.parametrize("token", [None, "IQoJ//temporary+token=="])
@pytest.mark.parametrize("path", ["", "/behind/a/proxy", "/"])
async def test_a_write_is_signed_as_aws_signs(
    store: Verifying, registry: CollectorRegistry, token: str | None, path: str
) -> None:
    store.token = token
    async with opened(store, registry, path=path) as s3:
        await s3.put(KEY, picture())

    body, headers = store.kept[f"{path.rstrip('/')}/pictures/{KEY}"]
    assert (picture().body, picture().metadata.etag) == (body, headers["x-amz-meta-etag"])
    assert 1 == store.calls


async def test_a_body_is_not_hashed_again_to_sign_it(store: Verifying, registry: CollectorRegistry) -> None:
    found, digest = picture(), hashlib.sha256(picture().body).hexdigest()
    other = hashlib.sha256(b"another body").hexdigest()
    async with opened(store, registry) as s3:
        await s3.put(KEY, msgspec.structs.replace(found, digest=digest))
        assert digest == store.kept[f"/pictures/{KEY}"][1]["x-amz-content-sha256"]

        with pytest.raises(StoreRefused):  # it was taken as it is
            await s3.put(KEY, msgspec.structs.replace(found, digest=other))


async def test_metadata_with_many_spaces_and_an_empty_body_are_signed_too(
    store: Verifying, registry: CollectorRegistry
) -> None:
    found = picture()
    spaced = msgspec.structs.replace(found.metadata, fingerprint="a  b   c", content_type="image/jpeg;  q=1")
    async with opened(store, registry) as s3:
        await s3.put(KEY, msgspec.structs.replace(found, body=b"", metadata=spaced))

    assert b"" == store.kept[f"/pictures/{KEY}"][0]


async def test_a_wrong_secret_is_refused_and_not_tried_again(store: Verifying, registry: CollectorRegistry) -> None:
    async with opened(store, registry, secret="another") as s3:
        with pytest.raises(StoreRefused, match="s3: SignatureDoesNotMatch: said the store"):
            await s3.put(KEY, picture())

    assert 1 == store.calls


@pytest.mark.parametrize("failure", [500, 502, 503, 0], ids=["500", "502", "503", "hangs up"])
async def test_a_write_is_repeated_once(store: Verifying, registry: CollectorRegistry, failure: int) -> None:
    store.script.append(failure)
    async with opened(store, registry) as s3:
        await s3.put(KEY, picture())

        store.script.extend([failure] * 6)
        with pytest.raises(StoreDown):
            await s3.put(KEY, picture())

    assert store.calls in ({4} if failure else range(4, 8))  # aiohttp repeats by itself on a connection that was idle
    assert [f"/pictures/{KEY}"] == list(store.kept)


async def test_an_overloaded_store_gets_fewer_writes_at_once(store: Verifying, registry: CollectorRegistry) -> None:
    store.script.append(503)
    async with opened(store, registry) as s3:
        before = registry.get_sample_value("renderer_s3_calls_limit")
        await asyncio.gather(*(s3.put(f"{KEY}{nth}", picture()) for nth in range(3)))
        after = registry.get_sample_value("renderer_s3_calls_limit")

    assert before is not None
    assert after is not None
    assert after < before
    assert 3 == len(store.kept)


def test_the_signing_key_changes_with_the_day_and_with_the_secret() -> None:
    signer, url = S3Signer(REGION), URL("https://s3.example/pictures/a%3A1", encoded=True)
    day = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)

    for now in (day, day + timedelta(seconds=1), day):
        for token in (None, "token"):
            credentials = S3Credentials(KEY_ID, SECRET, token)
            headers = signer.signed("PUT", url, {"Content-Type": "image/png"}, b"body", credentials, now)
            named = {name.lower(): value for name, value in headers.items() if name != "Authorization"}
            assert headers["Authorization"].endswith(f"Signature={aws_signature('PUT', str(url), named, token)}")


def test_credentials_do_not_show_their_secrets() -> None:
    shown = repr(S3Credentials(KEY_ID, SECRET, "token"))

    assert SECRET not in shown
    assert "token" not in shown


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("<CopyObjectResult/>", nullcontext()),
        ("<Error><Code>InternalError</Code></Error>", pytest.raises(StoreDown, match="the copy failed")),
    ],
)
async def test_a_copy_that_fails_after_its_status_is_an_error(
    registry: CollectorRegistry, end: str, expected: AbstractContextManager[object]
) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.method == "HEAD":
            return web.Response(headers={"ETag": '"x"', "Content-Type": "image/jpeg"})
        response = web.StreamResponse(headers={"Content-Type": "application/xml"})
        await response.prepare(request)
        for part in ('<?xml version="1.0"?>', "  ", " ", end):
            await response.write(part.encode())
            for _ in range(20):  # the client takes each part by itself
                await asyncio.sleep(0)
        return response

    async with answering(answer) as url, opened(Verifying(url), registry) as s3:
        with expected:
            await s3.set_cache_control(KEY, "no-store")
