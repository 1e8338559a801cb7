"""SVG artwork: an untrusted SVG is copied piece by piece, and the copy is rasterised in a sandbox.

Two things make a hostile SVG harmless. The copy holds only shapes, paints and references within the document, so it
cannot name a file or an address. And resvg draws it in a process of its own, because resvg holds the GIL while it
draws, and a few nested references can keep it busy for hours: that process may use one second of CPU time and a
limited amount of memory, and cannot open a file.
"""

import contextlib
import io
import re
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from PIL import Image, PngImagePlugin

from renderer.drawing.sandbox import Program, SandboxError

_REGISTERED: Final = (PngImagePlugin,)  # by importing it here, not during the first request

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_PIXELS: Final = 10_000_000  # of the raster: a little more than the largest canvas
MAX_GROWTH: Final = 4.0
"""A drawing with margins is enlarged at most this much, because the margins may be cropped."""

MAX_ELEMENTS: Final = 20_000
MAX_DEPTH: Final = 64
_LAYERS: Final = 8
_SPARE: Final = 96 << 20  # the text, its tree, the layers of small parts, and the PNG
_MAX_ASPECT: Final = 50
_LOOK: Final = 4096  # bytes within which the root must begin; generators write long comments before it
_FINE: Final = 10_000  # the longer side of the box that is passed to the caller, who decides the size

_SVG: Final = "http://www.w3.org/2000/svg"
_HREFS: Final = frozenset({"href", "http://www.w3.org/1999/xlink href"})
_KEPT: Final = re.compile(
    "svg|g|defs|symbol|use|switch|style|path|rect|circle|ellipse|line|polyline|polygon|marker|stop|pattern|clipPath|"
    "mask|filter|(linear|radial)Gradient|fe(Blend|ColorMatrix|ComponentTransfer|Composite|DropShadow|Flood|Func[ABGR]|"
    "GaussianBlur|Merge|MergeNode|Morphology|Offset)"
)
_SILENT: Final = re.compile("title|desc|metadata|animate(Motion|Transform)?|set|view")
_UNITS: Final = {"": 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
_LENGTH: Final = re.compile(r"\s*([+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([a-z]*)\s*")
_OUTSIDE: Final = re.compile(r"url\(\s*+[\"']?+\s*+(?!#)", re.IGNORECASE)
_UNSAFE: Final = re.compile(r"[\\@]")  # escapes that could hide url(, and rules that import

_RESVG: Final = Program(
    imports="import resvg_py",
    work="sys.stdout.buffer.write(bytes(resvg_py.svg_to_bytes(svg_string=raw.decode(), skip_system_fonts=True)))",
)

Box = tuple[float, float]


class Refused(ValueError):
    """An SVG that is broken or degenerate, or contains something that is not accepted."""


def is_vector(raw: bytes) -> bool:
    """Return whether these bytes look like an SVG; whether it is valid shows when it is read."""
    start = raw[:_LOOK].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"<") and b"<svg" in start


class Drawing:
    """An untrusted SVG, read and copied. Raises ``Refused`` for one that is not accepted."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) > MAX_BYTES:
            raise Refused(f"SVG of {len(raw)} bytes")
        copy = _Copy()
        try:
            copy.read(raw)
        except (expat.ExpatError, LookupError, UnicodeError) as exc:
            raise Refused(f"SVG: {exc}") from exc
        self._body = "".join(copy.written)
        self._view, self._keep, box = _root(copy.root)
        longer = max(box)
        if longer > _MAX_ASPECT * min(box):
            raise Refused("SVG with an extreme aspect ratio")
        self.shape = round(box[0] / longer * _FINE), round(box[1] / longer * _FINE)
        """Width and height in an arbitrary unit: only their proportion matters."""

    def rasterise(self, size: tuple[int, int]) -> Image.Image:
        """Return the drawing as RGBA of exactly ``size`` pixels; takes at most a second of CPU time."""
        if not (size[0] > 0 and size[1] > 0 and size[0] * size[1] <= MAX_PIXELS):
            raise Refused(f"SVG requested at {size[0]}×{size[1]} pixels")
        root = f'<svg xmlns="{_SVG}" width="{size[0]}" height="{size[1]}" viewBox={self._view}{self._keep}>'
        png = _rasterise_sandboxed(f"{root}{self._body}</svg>", svg_bytes(size[0] * size[1]))
        with Image.open(io.BytesIO(png), formats=("PNG",)) as opened:
            if opened.size != size:
                raise Refused("SVG was drawn at another size")
            drawn = opened.convert("RGBA")
        if drawn.getchannel("A").getbbox() is None:
            raise Refused("SVG that shows nothing")
        return drawn


def svg_bytes(pixels: int) -> int:
    """Return the memory in which the sandbox draws so many pixels: eight layers, because groups and masks have one."""
    return pixels * _LAYERS * 4 + _SPARE


def _rasterise_sandboxed(drawing: str, memory: int = svg_bytes(MAX_PIXELS)) -> bytes:
    """Return the drawing as PNG, drawn by resvg in a process with limits on time, memory and files."""
    try:
        return _RESVG.run(drawing.encode(), memory=memory)
    except SandboxError as exc:
        raise Refused(f"SVG {exc}") from exc


class _Copy:
    """Copies the harmless parts of an SVG while expat reads it."""

    def __init__(self) -> None:
        self.root: dict[str, str] = {}
        self.written: list[str] = []
        self._open: list[str] = []
        self._skipped = 0  # depth within a part that is left out
        self._elements = 0
        self._rules: list[str] = []

    def read(self, raw: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = _doctype
        parser.EntityDeclHandler = _entity
        parser.SkippedEntityHandler = _entity
        parser.ExternalEntityRefHandler = _entity
        parser.Parse(raw, True)  # noqa: FBT003 - expat takes no names

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._open) + self._skipped >= MAX_DEPTH:
            raise Refused("SVG of too many or too deeply nested elements")
        space, _, name = tag.rpartition(" ")
        if self._elements == 1:
            if (space, name) != (_SVG, "svg"):
                raise Refused("no SVG at the root")
            self.root = attributes
            self.written.append(f"<g{_written(_without_frame(attributes))}>")
            self._open.append("g")
        elif self._skipped or space != _SVG or _SILENT.fullmatch(name):
            self._skipped += 1
        elif _KEPT.fullmatch(name):
            self.written.append(f"<{name}{_written(attributes)}>")
            self._open.append(name)
        else:
            raise Refused(f"SVG with <{name[:40]}>")

    def _end(self, _tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        name = self._open.pop()
        if name == "style":
            self.written.append(escape(_harmless("".join(self._rules))))
            self._rules.clear()
        self.written.append(f"</{name}>")

    def _text(self, text: str) -> None:
        if not self._skipped and self._open and self._open[-1] == "style":
            self._rules.append(text)


def _doctype(_name: str, _system: str | None, _public: str | None, has_declarations: int) -> None:
    """Accept the DTD of SVG, which old programs name and which is never fetched; refuse internal declarations."""
    if has_declarations:
        raise Refused("SVG with declarations")


def _entity(*_: object) -> int:
    raise Refused("SVG with entities")


def _harmless(text: str) -> str:
    """Return the text of a style or an attribute, or refuse it when it refers to anything outside the document."""
    if _OUTSIDE.search(text) or _UNSAFE.search(text):
        raise Refused("SVG that refers to something outside")
    return text


def _written(attributes: dict[str, str]) -> str:
    """Return the attributes to copy: those of SVG itself, and references within the document."""
    parts = []
    for name, value in attributes.items():
        if name in _HREFS:
            if not value.strip().startswith("#"):
                raise Refused("SVG that refers to something outside")
            parts.append(f" href={quoteattr(value.strip())}")
        elif " " not in name and not name.startswith("on"):
            parts.append(f" {name}={quoteattr(_harmless(value))}")
    return "".join(parts)


def _without_frame(attributes: dict[str, str]) -> dict[str, str]:
    """Drop the root's attributes of position and size; the others are inherited by its content."""
    frame = {"width", "height", "viewBox", "preserveAspectRatio", "x", "y", "version", "baseProfile", "overflow"}
    return {name: value for name, value in attributes.items() if name not in frame}


def _root(attributes: dict[str, str]) -> tuple[str, str, Box]:
    """Return the view box and its fit, formatted as attributes, and the size of the drawing."""
    sides = _length(attributes.get("width")), _length(attributes.get("height"))
    view: tuple[float, ...] = ()
    with contextlib.suppress(ValueError):
        view = tuple(float(part) for part in attributes.get("viewBox", "").replace(",", " ").split())
    if len(view) != 4 or not all(abs(part) < 1e9 for part in view):  # noqa: PLR2004 - x, y, width, height
        view = (0.0, 0.0, *sides)
    box = sides if min(sides) > 0 else (view[2], view[3])
    if not (min(view[2:]) > 0 and min(box) > 0):
        raise Refused("SVG without a size")
    fitted = attributes.get("preserveAspectRatio")
    keep = f" preserveAspectRatio={quoteattr(_harmless(fitted))}" if fitted else ""
    return '"' + " ".join(f"{part:.9g}" for part in view) + '"', keep, box


def _length(text: str | None) -> float:
    """Return a length in pixels; 0 for none, for a percentage and for an invalid one."""
    found = _LENGTH.fullmatch(text or "")
    if found is None or found[2] not in _UNITS:
        return 0.0
    length = float(found[1]) * _UNITS[found[2]]
    return length if length < 1e9 else 0.0  # noqa: PLR2004 - further away than any picture is large
