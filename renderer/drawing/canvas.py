"""The ground a picture is drawn on: art brought to the canvas's size, in sRGB; opaque, or clear around a logo."""

from typing import Final

from PIL import Image, ImageEnhance, ImageFilter

from renderer.drawing.codec import Art, Need, Undecodable
from shared.settings.model import Fit

MODE: Final = "RGBX"  # Pillow's own layout of RGB in memory: what simplejpeg decodes to needs no copy
_FILTER: Final = (
    Image.Resampling.BICUBIC
)  # within 48 dB of Lanczos, which JPEG does not keep, in two thirds of its time
_GAP: Final = 3.0  # shrink in two steps when more than three times too large; the eye cannot tell
_MOST_STRETCH: Final = 2.0  # a native picture is at most this many times as high or as low as the usual one
_VEIL: Final = 144  # blurred art is drawn this many pixels wide and then enlarged
_VEIL_RADIUS: Final = 6.0
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
        ratio = min(ratios) if fit in {Fit.PAD, Fit.BLUR} else max(ratios)
        return round(width * ratio), round(height * ratio)

    return scaled


def fill(art: Art, size: tuple[int, int], fit: Fit, *, blur: bool) -> Image.Image:
    """Return a fresh opaque canvas of ``size`` with the art; see ``native_size`` for the size of ``Fit.NATIVE``."""
    ground = _fitted(art, size, fit)
    return _veiled(ground, size) if blur else ground


def stand(art: Art, box: tuple[int, int], size: tuple[int, int]) -> Image.Image:
    """Return a fresh clear canvas of ``size`` with what is seen of the art fitted into ``box`` at its top.

    The art stands in the middle of the box, or on its foot where the canvas goes on below. Raises ``Undecodable`` for
    art of which nothing is seen.
    """
    seen = _seen(art.image)
    wide, high = seen[2] - seen[0], seen[3] - seen[1]
    ratio = min(box[0] / wide, box[1] / high)
    inner = max(1, round(wide * ratio)), max(1, round(high * ratio))
    # Pillow scales colours by their alpha and back: what is transparent does not darken the edges.
    drawing = art.to_srgb(art.image.resize(inner, _FILTER, box=seen, reducing_gap=_GAP))
    if drawing.mode == MODE:
        drawing = drawing.convert("RGB")
    canvas = Image.new("RGBA", size)
    spare = box[1] - inner[1]
    canvas.paste(drawing, ((box[0] - inner[0]) // 2, spare if size[1] > box[1] else spare // 2))
    return canvas


def _seen(image: Image.Image) -> tuple[int, int, int, int]:
    """Return the art's box without its transparent margins."""
    if image.mode != "RGBA":
        return 0, 0, image.width, image.height
    seen = image.getchannel("A").getbbox()
    if seen is None:
        raise Undecodable("transparent all over")
    return seen


def _fitted(art: Art, size: tuple[int, int], fit: Fit) -> Image.Image:
    match fit:
        case Fit.COVER | Fit.NATIVE:
            return _scaled(art, size, _middle(art.image.size, size))
        case Fit.PAD:
            return _inside(art, Image.new(MODE, size))
        case Fit.BLUR:
            middle = _middle(art.image.size, size)
            small = _scaled(art, _veil_size(size), middle, Image.Resampling.BOX)
            dim = ImageEnhance.Brightness(small.convert("RGB")).enhance(_DIM)
            return _inside(art, _veiled(dim.convert(MODE), size))


def _middle(art: tuple[int, int], size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return the middle of the art, of the shape of ``size``."""
    width, height = art
    ratio = max(size[0] / width, size[1] / height)
    inner = min(width, size[0] / ratio), min(height, size[1] / ratio)
    left, top = (width - inner[0]) / 2, (height - inner[1]) / 2
    return left, top, left + inner[0], top + inner[1]


def _inside(art: Art, ground: Image.Image) -> Image.Image:
    """Scale the art until it just fits, and lay it in the middle of ``ground``."""
    width, height = art.image.size
    ratio = min(ground.width / width, ground.height / height)
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    picture = _scaled(art, size, (0, 0, width, height))
    ground.paste(picture, ((ground.width - size[0]) // 2, (ground.height - size[1]) // 2))
    return ground


def _scaled(
    art: Art, size: tuple[int, int], box: tuple[float, float, float, float], how: Image.Resampling = _FILTER
) -> Image.Image:
    scaled = art.image.resize(size, how, box=box, reducing_gap=_GAP)
    colours = art.to_srgb(scaled)
    if colours.mode == "RGBA":  # whatever shows through is black, as on a screen that is off
        ground = Image.new("RGB", size)
        ground.paste(colours, mask=colours.getchannel("A"))
        colours = ground
    return colours if colours.mode == MODE else colours.convert(MODE)


def _veil_size(size: tuple[int, int]) -> tuple[int, int]:
    return _VEIL, max(1, round(_VEIL * size[1] / size[0]))


def _veiled(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return the picture at ``size``, blurred beyond recognition, the same at every size."""
    small = image.resize(_veil_size(size), Image.Resampling.BOX)
    return small.filter(ImageFilter.GaussianBlur(_VEIL_RADIUS)).resize(size, Image.Resampling.BICUBIC)
