"""What a picture server's answer means."""

from http import HTTPStatus

from services.client.http import Answer
from shared.domain.errors import ArtNotFound, SourceGarbled, SourceRefused


def read_picture(source: str, answer: Answer) -> bytes:
    """Return the bytes. Raises ``ArtNotFound`` when the picture is gone (a fact), and ``SourceError``."""
    if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise ArtNotFound(f"{source} no longer has this picture")
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise SourceRefused(source, f"status {answer.status}")
    if answer.status != HTTPStatus.OK or not answer.body:
        raise SourceGarbled(source, f"status {answer.status}, {len(answer.body)} bytes")
    return answer.body
