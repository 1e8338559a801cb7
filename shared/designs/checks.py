"""What the types of a design cannot say: its length, the fields in its texts, and conditions that make sense."""

import re
from typing import Final

from shared.designs.condition_checks import check_condition
from shared.designs.conditions import Fact
from shared.designs.document import MOST_BYTES, DesignDocument, canonical_text
from shared.designs.elements import SashElement, TextElement
from shared.designs.facts_used import FIELD
from shared.designs.normal_form import normal_design
from shared.designs.plain_text import is_plain
from shared.domain.errors import BadField
from shared.settings.languages import read_languages
from shared.settings.list_values import LANG_RULE
from shared.settings.model import SashWord

TEXT_FIELDS: Final = tuple(fact.value for fact in Fact if fact not in {Fact.KIND, Fact.AWARD})
"""The fields that a text may have."""

_SASH_WORDS: Final = ", ".join(word for word in SashWord if word is not SashWord.NONE)
_BRACE: Final = re.compile("[{}]")


def checked_design(design: DesignDocument) -> DesignDocument:
    """Return a design in normal form. Raises ``BadField`` that names the path and says what is allowed there."""
    _check_language(design.art.lang)
    for nth, element in enumerate(design.elements):
        path = f"elements[{nth}]"
        for place, condition in enumerate(element.when):
            check_condition(f"{path}.when[{place}]", condition)
        if isinstance(element, TextElement):
            _check_text(f"{path}.text", element.text)
        if isinstance(element, SashElement) and SashWord.NONE in element.words:
            raise BadField.at(f"{path}.words", f"must be a list of {_SASH_WORDS}")
    normal = normal_design(design)
    if (length := len(canonical_text(normal).encode())) > MOST_BYTES:
        raise BadField.at("", f"A design must not be longer than {MOST_BYTES:,} bytes, and this one has {length:,}")
    return normal


def _check_language(text: str) -> None:
    try:
        read_languages(text)
    except ValueError as error:
        raise BadField.at("art.lang", f"must be {LANG_RULE}") from error


def _check_text(path: str, text: str) -> None:
    if not is_plain(text):
        raise BadField.at(path, "must not have line breaks or control characters")
    if any(match["name"] not in TEXT_FIELDS for match in FIELD.finditer(text)):
        raise BadField.at(path, f"must have no other fields than {', '.join(TEXT_FIELDS)}")
    if _BRACE.search(FIELD.sub("", text)):
        raise BadField.at(path, "must have braces in pairs, as in {year} or {year|-}")
