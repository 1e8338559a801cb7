"""An S3 that verifies signatures as AWS's own library makes them, knows its region and rights, and refuses as S3 does.

The codes and sentences are those of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
"""

import base64
import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from aiohttp import web
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY_ID: Final = "AKIDCHECKED"
SECRET: Final = "s3cret/with+signs="
REGION: Final = "eu-central-7"
BUCKET: Final = "pictures"
AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(\w+)/(\d{8})/([\w-]+)/s3/aws4_request, SignedHeaders=([\w;-]+), Signature=(\w{64})"
)
_KEPT_HEADERS: Final = ("content-type", "x-amz-meta-")
_SKEW: Final = timedelta(minutes=15)


class S3Refusal(Exception):
    """An error document: status, code and sentence."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(code)
        self.status, self.code, self.sentence = status, code, sentence

    def response(self) -> web.Response:
        """Return it as S3 does."""
        text = f"<Error><Code>{self.code}</Code><Message>{html.escape(self.sentence)}</Message></Error>"
        return web.Response(status=self.status, text=text, content_type="application/xml")


@dataclass
class StrictS3:
    """One bucket of one region. ``denied`` are operations without a right, ``page`` is what a proxy answers instead."""

    url: str = ""
    denied: set[str] = field(default_factory=set)
    page: tuple[int, str] | None = None
    keeps_metadata: bool = True
    kept: dict[str, tuple[bytes, dict[str, str]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request."""
        body = await request.read()
        operation = _operation(request)
        self.calls.append(operation)
        if self.page is not None:
            return web.Response(status=self.page[0], text=self.page[1], content_type="text/html")
        try:
            self._require_signature(request, body)
            self._require_right(request, operation)
            return self._do(request, operation, body)
        except S3Refusal as refusal:
            return refusal.response()

    def _require_signature(self, request: web.Request, body: bytes) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        match = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if match is None:
            raise S3Refusal(403, "AccessDenied", "Access Denied")
        key, day, region, names, found = match.groups()
        if key != KEY_ID:
            raise S3Refusal(
                403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
            )
        if region != REGION:
            sentence = f"The authorization header is malformed; the region '{region}' is wrong; expecting '{REGION}'"
            raise S3Refusal(400, "AuthorizationHeaderMalformed", sentence)
        at = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if at.strftime("%Y%m%d") != day or abs(datetime.now(UTC) - at) > _SKEW:
            raise S3Refusal(
                403, "RequestTimeTooSkewed", "The difference between the request time and ours is too large."
            )
        digest, url = hashlib.sha256(body).hexdigest(), f"{self.url}{request.raw_path}"
        signed = {name: headers[name] for name in names.split(";")}
        if headers["x-amz-content-sha256"] != digest or found != aws_signature(request.method, url, signed):
            sentence = "The request signature we calculated does not match the signature you provided."
            raise S3Refusal(403, "SignatureDoesNotMatch", sentence)

    def _require_right(self, request: web.Request, operation: str) -> None:
        if request.path.split("/")[1] != BUCKET:
            raise S3Refusal(404, "NoSuchBucket", "The specified bucket does not exist")
        if operation in self.denied:
            sentence = f"User: marquee is not authorized to perform: s3:{operation}"
            raise S3Refusal(403, "AccessDenied", sentence)

    def _do(self, request: web.Request, operation: str, body: bytes) -> web.Response:
        key = request.path.removeprefix(f"/{BUCKET}").lstrip("/")
        if operation == "PutObject":
            self.kept[key] = (body, self._metadata(request))
            return web.Response(headers={"ETag": '"x"'})
        if operation == "DeleteObject":
            self.kept.pop(key, None)
            return web.Response(status=204)
        if operation == "DeleteObjects":
            return self._delete(body, request)
        if operation == "ListBucket":
            return self._list(request)
        if key not in self.kept:
            raise S3Refusal(404, "NoSuchKey", "The specified key does not exist.")
        found, headers = self.kept[key]
        return web.Response(body=found, headers=headers)

    def _metadata(self, request: web.Request) -> dict[str, str]:
        found = {name: value for name, value in request.headers.items() if name.lower().startswith(_KEPT_HEADERS)}
        return found if self.keeps_metadata else {"Content-Type": "application/octet-stream"}

    def _delete(self, body: bytes, request: web.Request) -> web.Response:
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        if request.headers.get("Content-MD5") != digest:
            raise S3Refusal(400, "InvalidDigest", "The Content-MD5 you specified is not valid.")
        for key in re.findall(r"<Key>([^<]*)</Key>", body.decode()):
            self.kept.pop(html.unescape(key), None)
        return web.Response(text="<DeleteResult/>", content_type="application/xml")

    def _list(self, request: web.Request) -> web.Response:
        prefix = request.query.get("prefix", "")
        rows = "".join(
            f"<Contents><Key>{html.escape(key)}</Key><Size>{len(body)}</Size></Contents>"
            for key, (body, _) in sorted(self.kept.items())
            if key.startswith(prefix)
        )
        text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"
        return web.Response(text=text, content_type="application/xml")


def _operation(request: web.Request) -> str:
    if request.method == "POST" and "delete" in request.query:
        return "DeleteObjects"
    is_bucket = request.path.strip("/").count("/") == 0
    if is_bucket:
        return "ListBucket"
    return {"PUT": "PutObject", "DELETE": "DeleteObject"}.get(request.method, "GetObject")


def aws_signature(method: str, url: str, headers: Mapping[str, str], token: str | None = None) -> str:
    """Return the signature that AWS's own library makes of a request."""
    auth = S3SigV4Auth(Credentials(KEY_ID, SECRET, token), "s3", REGION)
    sent = AWSRequest(method=method, url=url, headers=dict(headers))
    sent.context["timestamp"] = headers["x-amz-date"]
    return str(auth.signature(auth.string_to_sign(sent, auth.canonical_request(sent)), sent))
