"""Lists and deletes of a bucket, signed as AWS's own library signs: of a store with scripted answers, and of S3."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

import pytest
from aiohttp import web

from renderer.storage.s3 import S3Storage
from shared.domain.errors import StoreDown, StoreRefused
from tests.contracts.stand_in import answering, in_front_of
from tests.contracts.test_storage import picture, put_raw
from tests.renderer.maintenance.picture_stores import new_bucket
from tests.stack.strict_s3 import KEY_ID, REGION, SECRET, aws_signature

ODD_KEYS = ("c/a b+c&d=e.jpg", "c/é/ü~.jpg", "c/<&>.jpg", "c/100%25.jpg", "c/plain.jpg")
_SIGNED_NAMES = re.compile(r"SignedHeaders=([\w;-]+), Signature=(\w{64})")
_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


@dataclass
class Scripted:
    """A store whose answers are scripted; the last one is for all further calls too."""

    url: str = ""
    script: list[tuple[int, str]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    unsigned: list[str] = field(default_factory=list)
    accepted: set[str | None] = field(default_factory=set)

    async def answer(self, request: web.Request) -> web.Response:
        await request.read()
        self.calls.append((request.method, request.raw_path))
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.accepted.add(headers.get("accept-encoding"))
        found = _SIGNED_NAMES.search(headers.get("authorization", ""))
        signed = {name: headers[name] for name in found[1].split(";")} if found else {}
        if found is None or found[2] != aws_signature(request.method, self.url + request.raw_path, signed):
            self.unsigned.append(request.raw_path)
        status, body = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return web.Response(status=status, text=body, content_type="application/xml")


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    store = Scripted()
    async with answering(store.answer) as store.url:
        yield store


def opened(store: Scripted) -> AbstractAsyncContextManager[S3Storage]:
    return S3Storage.open(
        endpoint_url=store.url, region=REGION, bucket="pictures", access_key=KEY_ID, secret_key=SECRET
    )


def page(*keys: str, token: str = "", encoding: str = "") -> str:
    contents = "".join(f"<Contents><Key>{escape(key)}</Key><Size>3</Size></Contents>" for key in keys)
    following = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{escape(token)}</NextContinuationToken>"
    rest = following if token else "<IsTruncated>false</IsTruncated>"
    return f"<ListBucketResult {_NAMESPACE}>{encoding}{rest}{contents}</ListBucketResult>"


def error(code: str, message: str = "no") -> str:
    return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"


async def listed(s3: S3Storage, prefix: str, after: str = "") -> list[str]:
    return [each.key async for each in s3.names(prefix, after=after)]


async def test_every_call_is_signed_as_awss_own_library_signs(scripted: Scripted) -> None:
    scripted.script = [(200, page("c/a", token="to/ken+=&")), (200, page("c/b")), (200, "<DeleteResult/>"), (200, "")]

    async with opened(scripted) as s3:
        keys = await listed(s3, "c/é &+~/", after="c/é &+~/x y")
        await s3.remove(["c/a"])
        await s3.ping()

    assert ["c/a", "c/b"] == keys
    assert 4 == len(scripted.calls)
    assert [] == scripted.unsigned
    assert {None} == scripted.accepted  # else proxies would compress lists


async def test_a_list_goes_on_from_page_to_page(s3_url: str) -> None:
    async with new_bucket(s3_url) as s3:
        for number in range(1100):
            await s3.put(f"c/{number:04}.jpg", picture(b"x"))

        keys = await listed(s3, "c/", after="c/0001.jpg")

    assert [f"c/{number:04}.jpg" for number in range(2, 1100)] == keys


async def test_keys_of_any_characters_are_listed_and_deleted(s3_url: str) -> None:
    async with new_bucket(s3_url) as s3:
        for key in ODD_KEYS:
            await s3.put(key, picture(b"x"))
        before = await listed(s3, "c/")

        await s3.remove(ODD_KEYS[:-1])
        after = await listed(s3, "")

    assert sorted(ODD_KEYS) == sorted(before)
    assert ["c/plain.jpg"] == after


async def test_keys_are_read_as_the_store_encodes_them(scripted: Scripted) -> None:
    plain, encoded = page("c/a%20b+c"), page("c/a%20b+c", encoding="<EncodingType>url</EncodingType>")
    scripted.script = [(200, plain), (200, encoded)]

    async with opened(scripted) as s3:
        assert ["c/a%20b+c"] == await listed(s3, "c/")
        assert ["c/a b c"] == await listed(s3, "c/")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html><body>Sign in</html>",
        '<!DOCTYPE a [<!ENTITY b "c">]><ListBucketResult><Key>&b;</Key></ListBucketResult>',
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>many</Size></Contents></ListBucketResult>",
        " " * (17 << 20),
    ],
    ids=["empty", "html", "entities", "no token", "no size", "odd size", "too large"],
)
async def test_what_is_no_list_is_store_down(scripted: Scripted, body: str) -> None:
    scripted.script = [(200, body)]

    async with opened(scripted) as s3:
        with pytest.raises(StoreDown):
            await listed(s3, "c/")


@pytest.mark.parametrize(("status", "calls"), [(500, 2), (503, 2), (429, 2), (403, 1), (404, 1), (501, 1)])
async def test_a_call_is_repeated_once_where_that_may_help(scripted: Scripted, status: int, calls: int) -> None:
    scripted.script = [(status, error("Trouble", "with a sentence"))]

    async with opened(scripted) as s3:
        with pytest.raises(StoreDown, match=r"^s3: Trouble: with a sentence$") as raised:
            await listed(s3, "c/")

    assert calls == len(scripted.calls)
    assert (calls == 1) == isinstance(raised.value, StoreRefused)


async def test_the_second_answer_counts(scripted: Scripted) -> None:
    scripted.script = [(503, error("SlowDown")), (200, page("c/a"))]

    async with opened(scripted) as s3:
        assert ["c/a"] == await listed(s3, "c/")


async def test_a_ping_of_a_bucket_that_may_not_be_used_is_refused(scripted: Scripted) -> None:
    scripted.script = [(403, "")]

    async with opened(scripted) as s3:
        with pytest.raises(StoreRefused, match=r"^s3: status 403$"):
            await s3.ping()


async def test_the_error_of_one_object_of_a_batch_is_raised(scripted: Scripted) -> None:
    errors = "".join(
        f"<Error><Key>c/{code}</Key><Code>{code}</Code><Message>no</Message></Error>"
        for code in ("NoSuchKey", "AccessDenied")
    )
    scripted.script = [(200, f"<DeleteResult {_NAMESPACE}>{errors}</DeleteResult>")]

    async with opened(scripted) as s3:
        with pytest.raises(StoreRefused, match=r"^s3: AccessDenied: no$"):
            await s3.remove(["c/NoSuchKey", "c/AccessDenied"])


@pytest.mark.parametrize("code", ["NotImplemented", "MethodNotAllowed", "MissingContentMD5"])
async def test_a_store_without_batch_deletes_is_sent_single_ones(s3_url: str, code: str) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse | None:
        return web.Response(status=400, text=error(code)) if request.method == "POST" else None

    key = f"c/{uuid.uuid4().hex}/a b+é.jpg"
    async with in_front_of(s3_url, refuse) as url, new_bucket(s3_url) as s3:
        await s3.put(key, picture())
        async with S3Storage.open(
            endpoint_url=url, region="us-east-1", bucket=bucket_of(s3), access_key="test", secret_key="test"
        ) as behind:
            await behind.remove([key, f"{key}.never"])

        assert None is await s3.head(key)


def bucket_of(s3: S3Storage) -> str:
    return s3._calls._bucket._bucket_url.rpartition("/")[2]


async def test_lists_wait_for_their_turn_like_all_calls(scripted: Scripted) -> None:
    scripted.script = [(503, error("SlowDown")), (200, page())]

    async with opened(scripted) as s3:
        before = s3._calls._concurrency.limit
        await asyncio.gather(*(listed(s3, "c/") for _ in range(3)))

    assert s3._calls._concurrency.limit < before


@pytest.mark.parametrize("region", ["", "eu central 1", "-eu", "12"])
async def test_a_region_that_is_none_is_refused(region: str) -> None:
    with pytest.raises(StoreRefused, match="InvalidRegionError"):
        async with S3Storage.open(endpoint_url=None, region=region, bucket="b", access_key="a", secret_key="b"):
            pass


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("eu-central-1", "https://s3.eu-central-1.amazonaws.com/b"),
        ("cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn/b"),
    ],
)
async def test_without_an_endpoint_it_is_amazons_in_the_region(region: str, url: str) -> None:
    async with S3Storage.open(endpoint_url=None, region=region, bucket="b", access_key="a", secret_key="b") as s3:
        assert url == s3._calls._bucket._bucket_url


async def test_objects_of_other_programs_are_listed_too(s3: S3Storage, s3_url: str) -> None:
    key = f"c/{uuid.uuid4().hex}/other"
    await put_raw(s3_url, key, b"12345", {})

    assert [(key, 5)] == [(each.key, each.size) async for each in s3.names(key)]
