"""One film with posters in six languages and one without text, among which settings choose as they do in a job."""

import io
from typing import Final

from PIL import Image

from deploy.dev.demo.drawing import render
from deploy.dev.demo.pictures import DemoPicture
from renderer.drawing.lettering import fit_lines
from renderer.jobs.art_ranking import rank_artwork
from services.artwork import Art as ListedArt
from shared.domain.pictures import Kind
from shared.settings.model import Settings

SLUG: Final = "the-last-laugh"
ORIGINAL_LANGUAGE: Final = "de"
NAMES: Final = {
    "en": "The Last Laugh",
    "fr": "Le Dernier des hommes",
    "de": "Der letzte Mann",
    "es": "El último",
    "ru": "Последний человек",
    "ja": "最後の人",
}
"""The film's name in each language, most liked poster first."""

_TEXTLESS: Final = "xx"
_INK: Final = (247, 236, 208)
_SHARE: Final = 0.82  # of the poster's width, for the longest line
_TOP: Final = 0.035  # of the poster's height, above the first line
_EM: Final = 0.1  # of the poster's width


def chosen_language(settings: Settings) -> str:
    """Return the language of the poster that settings choose, ``xx`` for the one without text."""
    listed = [ListedArt(tag, 2000, 3000, tag, kind=Kind.POSTER) for tag in NAMES]
    listed.append(ListedArt(_TEXTLESS, 2000, 3000, None, kind=Kind.POSTER))
    return rank_artwork(tuple(listed), settings, ORIGINAL_LANGUAGE)[0].path


def poster_in_language(settings: Settings) -> bytes:
    """Return the poster that settings choose, as wide as the picture."""
    scene = render(DemoPicture(SLUG, "poster", _TEXTLESS), settings.canvas[0], "png")
    with Image.open(io.BytesIO(scene)) as opened:
        poster = opened.convert("RGB")
    name = NAMES.get(chosen_language(settings), "")
    lines = fit_lines(name, _SHARE * poster.width, most=2, em=_EM * poster.width)
    if lines is not None:
        poster.paste(_INK, (0, round(_TOP * poster.height)), lines.mask(poster.width))
    file = io.BytesIO()
    poster.save(file, "PNG")
    return file.getvalue()
