"""The fields of a text: ``{title} ({year})`` with what is known of the title."""

from collections.abc import Mapping

from shared.designs.facts_used import FIELD


def fill_in(text: str, words: Mapping[str, str]) -> str:
    """Return a text with its fields filled in; empty where one is unknown and has no fallback, and so nothing is drawn.

    Spaces that an empty fallback leaves at the ends or beside each other are removed.
    """
    parts, at = [], 0
    for field in FIELD.finditer(text):
        word = words.get(field["name"]) or (field["fallback"] if field["bar"] else None)
        if word is None:
            return ""
        parts += [text[at : field.start()], word]
        at = field.end()
    return " ".join("".join((*parts, text[at:])).split())
