"""The ground a picture is drawn on: art brought to the canvas's size, opaque and in sRGB."""

from typing import Final

from PIL import Image, ImageEnhance, ImageFilter

from renderer.pixels.codec import Art, Need
from shared.settings import Fit

MODE: Final = "RGBX"  # Pillow's own layout of RGB in memory: what simplejpeg decodes to needs no copy
_FILTER: Final = Image.Resampling.LANCZOS
_GAP: Final = 3.0  # shrink in two steps when more than three times too large; the eye cannot tell
_MOST_STRETCH: Final = 2.0  # a native picture is at most this many times as high or as low as the usual one
_VEIL: Final = 48  # blurred art is drawn this many pixels wide and then enlarged
_VEIL_RADIUS: Final = 2.0
_DIM: Final = 0.62  # how bright the blurred surroundings of fitted art are, against the art


def native_size(size: tuple[int, int], art: tuple[int, int]) -> tuple[int, int]:
    """Return the canvas that keeps the width of ``size`` and the shape of the art, within reason."""
    width, height = size
    natural = round(width * art[1] / art[0])
    return width, max(round(height / _MOST_STRETCH), min(natural, round(height * _MOST_STRETCH)))


def need(size: tuple[int, int], fit: Fit) -> Need:
    """Return how large art must be, given its own size, so that a canvas of ``size`` takes nothing from it."""

    def scaled(width: int, height: int) -> tuple[int, int]:
        ratios = size[0] / width, size[1] / height
        if fit is Fit.NATIVE:
            ratios = size[0] / width, native_size(size, (width, height))[1] / height
        ratio = min(ratios) if fit is Fit.PAD else max(ratios)
        return round(width * ratio), round(height * ratio)

    return scaled


def fill(art: Art, size: tuple[int, int], fit: Fit, *, blur: bool) -> Image.Image:
    """Return a fresh canvas covered with the art; ``size`` is exact save for ``Fit.NATIVE``, whose height follows."""
    ground = _fitted(art, size, fit)
    return _veiled(ground) if blur else ground


def _fitted(art: Art, size: tuple[int, int], fit: Fit) -> Image.Image:
    match fit:
        case Fit.COVER:
            return _cover(art, size)
        case Fit.NATIVE:
            return _cover(art, native_size(size, art.image.size))
        case Fit.PAD:
            return _inside(art, Image.new(MODE, size))
        case Fit.BLUR:
            veil = ImageEnhance.Brightness(_veiled(_cover(art, size)).convert("RGB")).enhance(_DIM)
            return _inside(art, veil.convert(MODE))


def _cover(art: Art, size: tuple[int, int]) -> Image.Image:
    """Scale the art until it covers ``size`` and take its middle."""
    width, height = art.image.size
    ratio = max(size[0] / width, size[1] / height)
    inner = min(width, size[0] / ratio), min(height, size[1] / ratio)
    left, top = (width - inner[0]) / 2, (height - inner[1]) / 2
    return _scaled(art, size, (left, top, left + inner[0], top + inner[1]))


def _inside(art: Art, ground: Image.Image) -> Image.Image:
    """Scale the art until it just fits, and lay it in the middle of ``ground``."""
    width, height = art.image.size
    ratio = min(ground.width / width, ground.height / height)
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    picture = _scaled(art, size, (0, 0, width, height))
    ground.paste(picture, ((ground.width - size[0]) // 2, (ground.height - size[1]) // 2))
    return ground


def _scaled(art: Art, size: tuple[int, int], box: tuple[float, float, float, float]) -> Image.Image:
    scaled = art.image.resize(size, _FILTER, box=box, reducing_gap=_GAP)
    colours = art.to_srgb(scaled)
    if colours.mode == "RGBA":  # whatever shows through is black, as on a screen that is off
        ground = Image.new("RGB", size)
        ground.paste(colours, mask=colours.getchannel("A"))
        colours = ground
    return colours if colours.mode == MODE else colours.convert(MODE)


def _veiled(image: Image.Image) -> Image.Image:
    """Return the picture blurred beyond recognition, the same at every size."""
    small = (_VEIL, max(1, round(_VEIL * image.height / image.width)))
    veil = image.resize(small, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(_VEIL_RADIUS))
    return veil.resize(image.size, Image.Resampling.BICUBIC)
