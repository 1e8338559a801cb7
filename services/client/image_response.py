"""What a picture server's answer means."""

from http import HTTPStatus

from services.client.http import Response
from shared.domain.errors import ArtNotFound, SourceInvalidResponse, SourceRefused


def read_picture(source: str, answer: Response) -> bytes:
    """Return the bytes. Raises ``ArtNotFound`` when the picture is gone (a fact), and ``SourceError``."""
    if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise ArtNotFound(f"{source} no longer has this picture")
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise SourceRefused(source, f"status {answer.status}")
    if answer.status != HTTPStatus.OK or not answer.body:
        raise SourceInvalidResponse(source, f"status {answer.status}, {len(answer.body)} bytes")
    return answer.body
