"""S3 as other stores speak it: what they refuse, how that ends a purge, and with whose credentials they are asked."""

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from botocore.exceptions import ClientError
from redis.asyncio import Redis

from gateway.db.purge_requests import find_purges
from renderer.storage.s3 import S3Storage
from renderer.storage.s3_errors import s3_errors
from shared.domain.errors import StoreDown, StoreRefused
from shared.stores.postgres import Pool
from shared.stores.purge_rows import CdnState, PurgeScope, PurgeState
from tests.contracts.stand_in import answering, in_front_of
from tests.renderer.maintenance.picture_stores import FILM, OTHER, PLAIN, PictureStores, new_bucket, picture

KEYS = {"access_key": "temporary", "secret_key": "word"}
UNSUPPORTED = "Unsupported header 'x-amz-sdk-checksum-algorithm' received for this API call."
DENIED = "User: marquee is not authorized to perform: s3:DeleteObject"


@dataclass
class Refusing:
    """A store that knows Content-MD5 and no newer checksum, as several do; with ``error`` it refuses every delete."""

    url: str = ""
    error: tuple[int, str, str] | None = None
    calls: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:  # noqa: PLR0911 - one for each kind of request
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.calls.append((request.method, headers, dict(request.query)))
        if b"Action=AssumeRoleWithWebIdentity" in body:
            return web.Response(body=IDENTITY, content_type="text/xml")
        if request.method == "GET":
            return refused(404, "NoSuchKey", "The specified key does not exist.")
        if request.method != "POST":
            return web.Response()
        if self.error is not None:
            return refused(*self.error)
        for name in headers:
            if name.startswith(("x-amz-sdk-checksum", "x-amz-checksum", "x-amz-trailer")):
                return refused(400, "InvalidArgument", f"Unsupported header '{name}' received for this API call.")
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        if headers.get("content-md5") != digest:
            return refused(400, "InvalidRequest", "Missing required header for this request: Content-MD5")
        return web.Response(body=b"<DeleteResult/>", content_type="application/xml")


def refused(status: int, code: str, message: str) -> web.Response:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return web.Response(status=status, text=body, content_type="application/xml")


IDENTITY = b"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>word</SecretAccessKey>
<SessionToken>token-of-the-role</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
<SubjectFromWebIdentityToken>pod</SubjectFromWebIdentityToken><AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn>
<AssumedRoleId>AROA:s</AssumedRoleId></AssumedRoleUser></AssumeRoleWithWebIdentityResult>
<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>"""


@pytest.fixture
async def refusing() -> AsyncIterator[Refusing]:
    store = Refusing()
    async with answering(store.answer) as store.url:
        yield store


def opened(store: Refusing, **credentials: Any) -> AbstractAsyncContextManager[S3Storage]:
    return S3Storage.open(endpoint_url=store.url, region="us-east-1", bucket="pictures", **credentials)


async def test_a_store_that_knows_no_newer_checksum_deletes(refusing: Refusing) -> None:
    async with opened(refusing, **KEYS) as s3:
        await s3.remove(["c/a.jpg", "c/b.jpg"])

    (call,) = refusing.calls
    assert "delete" in call[2]
    assert [] == [name for name in call[1] if "checksum" in name]


async def test_a_picture_is_stored_without_a_newer_checksum(refusing: Refusing) -> None:
    async with opened(refusing, **KEYS) as s3:
        await s3.put("c/a.jpg", picture(PLAIN, FILM))

    ((method, headers, _),) = refusing.calls
    assert "PUT" == method
    assert [] == [name for name in headers if "checksum" in name or "trailer" in name]
    assert "aws-chunked" not in headers.get("content-encoding", "")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "InvalidArgument"),
        (400, "MalformedXML"),
        (403, "AccessDenied"),
        (403, "InvalidAccessKeyId"),
        (403, "SignatureDoesNotMatch"),
        (404, "NoSuchBucket"),
    ],
)
async def test_what_would_be_refused_again_says_so_with_its_sentence(
    refusing: Refusing, status: int, code: str
) -> None:
    refusing.error = (status, code, DENIED)
    async with opened(refusing, **KEYS) as s3:
        with pytest.raises(StoreRefused, match=rf"^s3: {code}: {DENIED}$"):
            await s3.remove(["c/a.jpg"])


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "RequestTimeout"),
        (400, "ExpiredToken"),
        (403, "RequestTimeTooSkewed"),
        (409, "OperationAborted"),
        (429, "TooManyRequests"),
        (500, "InternalError"),
        (503, "SlowDown"),
    ],
)
def test_what_passes_by_itself_is_only_down(status: int, code: str) -> None:
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}

    with pytest.raises(StoreDown) as down, s3_errors():
        raise ClientError(response, "DeleteObjects")

    assert not isinstance(down.value, StoreRefused)


def test_a_sentence_with_a_signature_is_not_shown() -> None:
    response = {"Error": {"Code": "AccessDenied", "Message": "no: /a?X-Amz-Signature=abc"}}

    with pytest.raises(StoreRefused, match=r"^s3: AccessDenied$"), s3_errors():
        raise ClientError(response, "GetObject")


@asynccontextmanager
async def refused_purge(
    pool: Pool, redis: Redis, s3_url: str, error: tuple[int, str, str]
) -> AsyncIterator[PictureStores]:
    """Yield stores whose S3 answers every batch delete with an error."""

    async def refuse(request: web.Request) -> web.StreamResponse | None:
        is_batch = request.method == "POST" and "delete" in request.query
        return refused(*error) if is_batch else None

    async with in_front_of(s3_url, refuse) as url, new_bucket(url) as s3:
        yield PictureStores(pool, redis, s3)


async def test_a_refused_purge_ends_as_failed_and_holds_up_no_other(pool: Pool, redis: Redis, s3_url: str) -> None:
    async with refused_purge(pool, redis, s3_url, (400, "InvalidArgument", UNSUPPORTED)) as stores:
        await stores.draw(PLAIN, FILM)
        await stores.order(PurgeScope.TITLE, str(FILM))
        await stores.order(PurgeScope.TITLE, str(OTHER))  # which has no pictures
        await stores.purges().execute_all()
        other, row = await find_purges(pool, 2)
        left = await stores.stored()

    assert PurgeState.DONE == other.state
    assert (PurgeState.FAILED, CdnState.FAILED) == (row.state, row.edge)
    assert f"s3: InvalidArgument: {UNSUPPORTED}" == row.error
    assert 1 == len(left)
    assert 1 == stores.count("renderer_admin_purges_total", outcome="refused")


async def test_a_purge_that_s3_puts_off_is_retried(pool: Pool, redis: Redis, s3_url: str) -> None:
    async with refused_purge(pool, redis, s3_url, (503, "SlowDown", "Please reduce your request rate.")) as stores:
        await stores.draw(PLAIN, FILM)
        await stores.order(PurgeScope.TITLE, str(FILM))
        await stores.purges().execute_all()
        row = await stores.last()

    assert PurgeState.RUNNING == row.state
    assert row.error is not None
    assert "SlowDown" in row.error


async def test_temporary_keys_are_sent_with_their_token(refusing: Refusing) -> None:
    async with opened(refusing, **KEYS, session_token="token-of-the-keys") as s3:
        await s3.remove(["c/a.jpg"])
        await s3.get("c/a.jpg")

    (_, deleting, _), (_, reading, _) = refusing.calls
    assert "token-of-the-keys" == deleting["x-amz-security-token"]
    assert "token-of-the-keys" == reading["x-amz-security-token"]


async def test_a_web_identity_becomes_the_keys_of_its_role(
    refusing: Refusing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "token"
    token.write_text("from the cluster")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/pictures")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", refusing.url)

    async with opened(refusing) as s3:
        await s3.remove(["c/a.jpg"])
        await s3.get("c/a.jpg")

    _, (_, deleting, _), (_, reading, _) = refusing.calls
    assert "token-of-the-role" == deleting["x-amz-security-token"]
    assert "ASIAROLE" in deleting["authorization"]
    assert "token-of-the-role" == reading["x-amz-security-token"]


async def test_the_files_of_a_profile_are_read(
    refusing: Refusing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = tmp_path / "credentials"
    credentials.write_text("[pictures]\naws_access_key_id = of-the-file\naws_secret_access_key = word\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    monkeypatch.setenv("AWS_PROFILE", "pictures")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)

    async with opened(refusing) as s3:
        await s3.remove(["c/a.jpg"])

    assert "of-the-file" in refusing.calls[-1][1]["authorization"]
