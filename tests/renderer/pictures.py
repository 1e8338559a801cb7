"""Reads pictures in tests."""

from io import BytesIO

from PIL import Image


def size_of(body: bytes) -> tuple[int, int]:
    """Decode a picture completely, and return its width and height."""
    with Image.open(BytesIO(body)) as image:
        image.load()
        return image.size
