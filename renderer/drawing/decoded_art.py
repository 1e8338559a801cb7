"""Decoded artwork: its pixels, cut and turned with as few copies as possible, and its colour profile."""

import contextlib
import io
from typing import Final, Self, TypeAlias

import numpy as np
from PIL import Image, ImageCms

Pixels: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
"""What a decoder wrote: rows of pixels of a few channels."""

_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SRGB: Final = ImageCms.createProfile("sRGB")


class DecodedArt:
    """Decoded artwork: upright pixels, and the colour profile to apply once they are scaled down."""

    __slots__ = ("_icc", "_rows", "image", "is_reduced")

    def __init__(self, image: Image.Image, icc: bytes = b"", *, is_reduced: bool = False) -> None:
        self.image = image
        self.is_reduced = is_reduced
        """Whether it was decoded at a fraction of its size."""
        self._icc = icc
        self._rows: Pixels | None = None

    @classmethod
    def mapped(cls, pixels: Pixels, mode: str, icc: bytes = b"", *, is_reduced: bool = False) -> Self:
        """Return art in the memory that a decoder wrote, which must belong to nothing else."""
        art = cls(_in_place(pixels, mode), icc, is_reduced=is_reduced)
        art._rows = pixels
        return art

    def upright(self, orientation: int) -> Self:
        """Return the art turned as EXIF's ``orientation`` (1–8) says."""
        turn = _TURNS.get(orientation)
        return self if turn is None else type(self)(self.image.transpose(turn), self._icc, is_reduced=self.is_reduced)

    def cut(self, left: int, top: int, size: tuple[int, int]) -> Image.Image:
        """Return a part of the art, to be painted on: in the art's own memory where that is possible, else a copy."""
        if self._rows is not None and size[0] == self.image.width:
            return _in_place(self._rows[top : top + size[1]], self.image.mode)
        return self.image.crop((left, top, left + size[0], top + size[1]))

    def to_srgb(self, image: Image.Image) -> Image.Image:
        """Return ``image``, a scaled part of this art, in sRGB; with alpha only where the art had some."""
        mode = "RGBA" if image.mode in {"RGBA", "LA"} else "RGB"
        if self._icc:
            # A broken colour profile is ignored.
            with contextlib.suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):
                return _converted(image, self._icc, mode)
        return image if image.mode in {mode, "RGBX"} else image.convert(mode)


def _in_place(pixels: Pixels, mode: str) -> Image.Image:
    """Return a picture in memory that it does not own; painting on it changes that memory."""
    height, width = pixels.shape[:2]
    image = Image.frombuffer(mode, (width, height), pixels, "raw", mode, 0, 1)
    image.readonly = 0
    return image


def _converted(image: Image.Image, icc: bytes, mode: str) -> Image.Image:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    if "sRGB" in ImageCms.getProfileDescription(profile) and image.mode in {"RGB", "RGBA", "RGBX"}:
        return image  # already there
    space = profile.profile.xcolor_space.strip()
    if space == "RGB" and image.mode == "L":
        image = image.convert("RGB")
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    if alpha is not None or image.mode == "RGBX":
        image = image.convert("RGB")
    done = ImageCms.profileToProfile(image, profile, _SRGB, outputMode="RGB")
    if done is None:
        raise ValueError("not converted")
    done.info = {}
    if alpha is not None:
        done.putalpha(alpha)
    return done if done.mode == mode else done.convert(mode)
