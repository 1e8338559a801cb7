"""Which of the files that TMDB has of a picture is downloaded."""

from typing import Final

from services.artwork import Art
from shared.domain.pictures import Kind

_WIDTHS: Final = {
    Kind.POSTER: (500, 780),
    Kind.BACKDROP: (300, 780, 1280),
    Kind.LOGO: (300, 500),
    Kind.EPISODE: (92, 185, 300),
}
_ORIGINAL: Final = "original"
_SVG: Final = ".svg"
_PNG: Final = ".png"


def rendition_names(art: Art, width: int) -> tuple[str, ...]:
    """Return the sizes worth a try, best first: of an original beyond the limits only the largest smaller one.

    A vector has only the original, but TMDB also serves every vector as PNG, in all sizes.
    """
    known = _WIDTHS[art.kind]
    fitting = next((f"w{each}" for each in known if each >= width), _ORIGINAL)
    smaller = f"w{known[-1]}"
    if fitting != _ORIGINAL:
        sizes: tuple[str, ...] = (fitting,)
    else:
        sizes = (smaller,) if art.is_too_large else (_ORIGINAL, smaller)
    return (_ORIGINAL, *(f"{size}{_PNG}" for size in sizes)) if art.path.endswith(_SVG) else sizes


def rendition_file(art: Art, width: int) -> str:
    """Return the path of the picture's rendition, of its first if none was chosen."""
    rendition = art.rendition or rendition_names(art, width)[0]
    if rendition.endswith(_PNG):
        return f"{rendition.removesuffix(_PNG)}{art.path.removesuffix(_SVG)}{_PNG}"
    return f"{rendition}{art.path}"
