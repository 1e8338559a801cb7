"""Reads the response of an image server."""

from http import HTTPStatus

from services.client.http import Response
from services.client.refusals import check_bare_refusal
from shared.domain.errors import ArtNotFound, SourceInvalidResponse


def read_picture(source: str, response: Response) -> bytes:
    """Return the encoded picture. Raises ``ArtNotFound`` (permanent) if it is gone, and ``SourceError``."""
    if response.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise ArtNotFound(f"{source} no longer has this picture")
    check_bare_refusal(source, response)
    if response.status != HTTPStatus.OK or not response.body:
        raise SourceInvalidResponse(source, f"status {response.status}, {len(response.body)} bytes")
    return response.body
