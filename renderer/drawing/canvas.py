"""The canvas of a picture: artwork scaled to its size, in sRGB; opaque, or transparent around a logo."""

from typing import Final, TypeAlias

from PIL import Image, ImageEnhance, ImageFilter

from renderer.drawing.codec import Undecodable
from renderer.drawing.decoded_art import DecodedArt
from shared.settings.model import Fit

_Box: TypeAlias = tuple[float, float, float, float]

MODE: Final = "RGBX"  # Pillow's own layout of RGB in memory: what simplejpeg decodes to needs no copy
_FILTER: Final = Image.Resampling.BICUBIC
"""Within 48 dB of Lanczos, which JPEG does not keep, in two thirds of its time."""

_SHARP_FILTER: Final = Image.Resampling.LANCZOS
"""For JPEGs that were decoded at a fraction, which is small: it keeps as much detail as bicubic of the whole size."""

_GAP: Final = 3.0  # shrink in two steps when more than three times too large; the difference is invisible
_MAX_STRETCH: Final = 2.0  # a native picture is at most this many times as high or as low as the usual one
_BLUR_WIDTH: Final = 144  # blurred art is drawn this many pixels wide and then enlarged
_BLUR_RADIUS: Final = 6.0
_DIM: Final = 0.62  # brightness of the blurred background of fitted art, relative to the art


def native_size(size: tuple[int, int], art: tuple[int, int]) -> tuple[int, int]:
    """Return the canvas size with the width of ``size`` and the aspect ratio of the art, within ``_MAX_STRETCH``."""
    width, height = size
    natural = round(width * art[1] / art[0])
    return width, max(round(height / _MAX_STRETCH), min(natural, round(height * _MAX_STRETCH)))


def required_size(size: tuple[int, int], fit: Fit, art: tuple[int, int]) -> tuple[int, int]:
    """Return the size to which art of size ``art`` is scaled for a canvas of ``size``."""
    width, height = art
    ratios = size[0] / width, size[1] / height
    if fit is Fit.NATIVE:
        ratios = size[0] / width, native_size(size, art)[1] / height
    ratio = min(ratios) if fit in {Fit.PAD, Fit.BLUR} else max(ratios)
    return round(width * ratio), round(height * ratio)


def opaque_canvas(art: DecodedArt, size: tuple[int, int], fit: Fit, *, blur: bool) -> Image.Image:
    """Return a new opaque canvas of ``size`` with the art; see ``native_size`` for the size of ``Fit.NATIVE``."""
    picture = _fitted(art, size, fit)
    return _blurred(picture, size) if blur else picture


def transparent_canvas(art: DecodedArt, box: tuple[int, int], size: tuple[int, int]) -> Image.Image:
    """Return a new transparent canvas of ``size`` with the visible part of the art fitted into ``box`` at its top.

    The art is centred in the box, or at its bottom where the canvas continues below. Raises ``Undecodable`` for art
    that is fully transparent.
    """
    drawing = fitted_logo(art, box)
    canvas = Image.new("RGBA", size)
    spare = box[1] - drawing.height
    canvas.paste(drawing, ((box[0] - drawing.width) // 2, spare if size[1] > box[1] else spare // 2))
    return canvas


def fitted_logo(art: DecodedArt, box: tuple[int, int]) -> Image.Image:
    """Return the visible part of the art as large as it fits into ``box``; RGB if it is opaque.

    Raises ``Undecodable`` for art that is fully transparent.
    """
    visible = _visible_box(art.image)
    wide, high = visible[2] - visible[0], visible[3] - visible[1]
    ratio = min(box[0] / wide, box[1] / high)
    inner = max(1, round(wide * ratio)), max(1, round(high * ratio))
    # Pillow premultiplies alpha while scaling, so transparent pixels do not darken the edges.
    drawing = art.to_srgb(art.image.resize(inner, _filter_of(art), box=visible, reducing_gap=_GAP))
    return drawing.convert("RGB") if drawing.mode == MODE else drawing


def _visible_box(image: Image.Image) -> tuple[int, int, int, int]:
    """Return the art's box without its transparent margins."""
    if image.mode != "RGBA":
        return 0, 0, image.width, image.height
    visible = image.getbbox()
    if visible is None:
        raise Undecodable("transparent all over")
    return visible


def _fitted(art: DecodedArt, size: tuple[int, int], fit: Fit) -> Image.Image:
    match fit:
        case Fit.COVER | Fit.NATIVE:
            return _scaled(art, size, _middle(art.image.size, size))
        case Fit.PAD:
            return _inside(art, Image.new(MODE, size))
        case Fit.BLUR:
            middle = _middle(art.image.size, size)
            small = _scaled(art, _blur_size(size), middle, Image.Resampling.BOX)
            dim = ImageEnhance.Brightness(small.convert("RGB")).enhance(_DIM)
            return _inside(art, _blurred(dim.convert(MODE), size))


def _middle(art: tuple[int, int], size: tuple[int, int]) -> _Box:
    """Return the centre of the art, cropped to the aspect ratio of ``size``."""
    width, height = art
    ratio = max(size[0] / width, size[1] / height)
    inner = min(width, size[0] / ratio), min(height, size[1] / ratio)
    left, top = (width - inner[0]) / 2, (height - inner[1]) / 2
    return left, top, left + inner[0], top + inner[1]


def _inside(art: DecodedArt, background: Image.Image) -> Image.Image:
    """Scale the art until it just fits, and put it in the middle of ``background``."""
    width, height = art.image.size
    ratio = min(background.width / width, background.height / height)
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    picture = _scaled(art, size, (0, 0, width, height))
    background.paste(picture, ((background.width - size[0]) // 2, (background.height - size[1]) // 2))
    return background


def _scaled(art: DecodedArt, size: tuple[int, int], box: _Box, how: Image.Resampling | None = None) -> Image.Image:
    colours = art.to_srgb(_resized(art, size, box, how or _filter_of(art)))
    if colours.mode == "RGBA":  # transparent parts become black
        background = Image.new("RGB", size)
        background.paste(colours, mask=colours.getchannel("A"))
        colours = background
    return colours if colours.mode == MODE else colours.convert(MODE)


def _resized(art: DecodedArt, size: tuple[int, int], box: _Box, how: Image.Resampling) -> Image.Image:
    """Return a part of the art at ``size``; what needs no scaling is not moved by a fraction of a pixel either."""
    if (box[2] - box[0], box[3] - box[1]) == size:
        return art.cut(int(box[0]), int(box[1]), size)
    return art.image.resize(size, how, box=box, reducing_gap=_GAP)


def _filter_of(art: DecodedArt) -> Image.Resampling:
    return _SHARP_FILTER if art.is_reduced else _FILTER


def _blur_size(size: tuple[int, int]) -> tuple[int, int]:
    return _BLUR_WIDTH, max(1, round(_BLUR_WIDTH * size[1] / size[0]))


def _blurred(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the picture at ``size``, blurred beyond recognition, the same at every size."""
    small = image.resize(_blur_size(size), Image.Resampling.BOX)
    return small.filter(ImageFilter.GaussianBlur(_BLUR_RADIUS)).resize(size, Image.Resampling.BICUBIC)
