"""From a plate's name to the bytes of a picture: composition as SVG, rasterising, paper and ink, encoding."""

import io

import numpy as np
import numpy.typing as npt
import resvg_py
import simplejpeg
from PIL import Image, ImageColor

from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.scenes import SCENES
from deploy.dev.demo.art.sheet import Sheet, number
from deploy.dev.demo.plate import FULL_SIZE, Plate

_Pixels = npt.NDArray[np.uint8]

_JPEG_QUALITY = 90
_GRAIN_TILE = 512
_GRAIN = 1.8
_VIGNETTE = 0.16
_LOGO_MARGIN = 16
_LEFTMOST = -600
# Film stock of the time was dyed: amber for lamplight, blue for the night, red for fire.
_STOCK = (None, ("#241005", "#f8dea6"), ("#0b1830", "#dde9ee"), None, ("#1c0708", "#f6c2a4"))


def aspect_of(plate: Plate) -> float:
    """Return width by height of a picture; a logo's follows from its lettering."""
    if plate.form == "logo":
        _, _, width, height = _logo_box(SCENES[plate.slug].bill, plate.tag)
        return width / height
    width, height = FULL_SIZE[plate.form]
    return width / height


def render(plate: Plate, width: int, extension: str) -> bytes:
    """Draw a picture ``width`` pixels wide as ``jpg``, ``png`` or ``svg``; the same values give the same bytes."""
    svg = compose(plate)
    if extension == "svg":
        return svg.encode()
    png = resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True)
    if plate.form == "logo" and extension == "png":
        return png
    with Image.open(io.BytesIO(png)) as picture:
        pixels: _Pixels = np.array(picture.convert("RGB"))
    tones = _tones(plate)
    if tones is not None:
        pixels = _duotone(pixels, tones)
    pixels = _paper(pixels)
    if extension == "png":
        return _png(pixels)
    return bytes(simplejpeg.encode_jpeg(pixels, quality=_JPEG_QUALITY, colorspace="RGB", colorsubsampling="420"))


def _tones(plate: Plate) -> tuple[str, str] | None:
    """Return the two inks of a picture that is printed in two: the second printing, and most stills."""
    if plate.duotone:
        return SCENES[plate.slug].tones
    return _STOCK[_take(plate) % len(_STOCK)] if plate.form == "still" else None


def compose(plate: Plate) -> str:
    """Return the picture as an SVG document."""
    scene = SCENES[plate.slug]
    sheet = Sheet(wide=plate.form in ("backdrop", "still"))
    if plate.form == "logo":
        scene.bill.write(
            sheet, plate.tag, ink=scene.bill.logo_ink, second=scene.bill.second and "#00000066", small=False
        )
        return _document(sheet, _logo_box(scene.bill, plate.tag))
    scene.draw(sheet)
    box = _box(plate, scene)
    if plate.language:
        _letter(sheet, plate, scene, box)
    return _document(sheet, box)


def _letter(sheet: Sheet, plate: Plate, scene: Scene, box: tuple[float, float, float, float]) -> None:
    bill, tones = scene.bill, scene.tones
    place = f"translate({number(bill.left)} {number(bill.top)})"
    if plate.form == "backdrop":
        veil = sheet.shade("veil", ((0, tones[0], 0.94), (0.5, tones[0], 0.8), (1, tones[0], 0)), across=True)
        sheet.rect(box[0], box[1], 900, box[3], veil)
        place = f"translate({number(box[0] + 70)} {number(box[1] + 80)}) scale(0.64)"
        with sheet.placed(place):
            bill.write(sheet, plate.tag, ink=bill.logo_ink, second=bill.second and tones[0], small=False)
        return
    with sheet.placed(place):
        bill.write(sheet, plate.tag, ink=bill.ink, second=bill.second)


def _box(plate: Plate, scene: Scene) -> tuple[float, float, float, float]:
    """Return the part of the sheet that the picture shows: left, top, width and height."""
    if plate.form == "poster":
        return (0, 0, 1000, 1500)
    left, top, width = scene.window
    height = width * 9 / 16
    if plate.form == "backdrop":
        # A titled one looks further to the left, so that the title stands beside the scene.
        return (_LEFTMOST if plate.language else left, top, width, height)
    return _close_up(_take(plate), scene, width)


def _take(plate: Plate) -> int:
    """Give a number to the stills of a serial, so that each differs from its neighbours."""
    season, _, episode = plate.tag[1:].partition("e")
    return int(season) * 5 + int(episode)


def _close_up(take: int, scene: Scene, width: float) -> tuple[float, float, float, float]:
    """Look at the scene's focus from nearer, each take from another side."""
    wide = width * (0.5 + 0.12 * (take % 4))
    high = wide * 9 / 16
    left = scene.focus[0] - wide * (0.32 + 0.36 * (take * 0.37 % 1))
    top = scene.focus[1] - high * (0.4 + 0.2 * (take * 0.61 % 1))
    return (min(max(left, _LEFTMOST), 1600 - wide), min(max(top, 0), 1500 - high), wide, high)


def _logo_box(bill: Bill, language: str) -> tuple[float, float, float, float]:
    depth = bill.write(Sheet(), language, ink="#000", second="", small=False)
    margin = _LOGO_MARGIN + bill.hand.crooked * 60
    return (-margin, -margin, bill.measure + 2 * margin, depth + 2 * margin)


def _document(sheet: Sheet, box: tuple[float, float, float, float]) -> str:
    view = " ".join(number(value) for value in box)
    size = f'width="{number(box[2])}" height="{number(box[3])}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{view}">{sheet.markup()}</svg>'


def _duotone(pixels: _Pixels, tones: tuple[str, str]) -> _Pixels:
    """Print in two inks: brightness runs from the dark tone to the light one."""
    dark, light = (np.array(ImageColor.getrgb(tone)[:3], dtype=np.float32) for tone in tones)
    steps = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    # A steeper middle keeps flat areas apart, as a lithographer's two stones would.
    steps = steps * steps * (3 - 2 * steps)
    table = (dark + (light - dark) * steps).round().astype(np.uint8)
    grey = pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    toned: _Pixels = table[grey.astype(np.uint8)]
    return toned


def _paper(pixels: _Pixels) -> _Pixels:
    """Lay the grain of paper and a slight darkening towards the corners over a picture."""
    height, width = pixels.shape[:2]
    tile = np.random.default_rng(1927).normal(0, _GRAIN, (_GRAIN_TILE, _GRAIN_TILE)).astype(np.float32)
    across = np.linspace(-1, 1, width, dtype=np.float32) ** 2
    down = np.linspace(-1, 1, height, dtype=np.float32) ** 2
    inked = np.empty_like(pixels)
    # In strips: a whole picture as floating point would need four times its memory.
    for top in range(0, height, _GRAIN_TILE):
        strip = pixels[top : top + _GRAIN_TILE].astype(np.float32)
        light = 1 - _VIGNETTE * (across[None, :] + down[top : top + _GRAIN_TILE, None]) / 2
        grain = np.tile(tile[: len(strip)], (1, width // _GRAIN_TILE + 1))[:, :width]
        strip *= light[:, :, None]
        strip += grain[:, :, None]
        inked[top : top + _GRAIN_TILE] = np.clip(strip, 0, 255)
    return inked


def _png(pixels: _Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()
