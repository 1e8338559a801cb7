"""The fingerprint of a picture: equal fingerprint, nothing to redraw."""

import hashlib

from renderer.drawing.average_word import average_word
from renderer.drawing.badge_content import badge_contents
from renderer.drawing.freehand.design_facts import NO_FACTS
from renderer.drawing.freehand.shown_elements import describe_shown, design_of_text, shown_elements
from renderer.drawing.picture import VERSION, shown, valid_ratings
from renderer.jobs.context import NO_OVERLAY, ChosenOverlay, Rated
from renderer.labels.choose import NO_LABELS, Labels
from services.artwork import Art
from shared.domain.awards import Award
from shared.settings.model import Settings


def fingerprint(
    settings: Settings, rated: Rated, art: Art, labels: Labels = NO_LABELS, overlay: ChosenOverlay = NO_OVERLAY
) -> str:
    """Return the digest of what is drawn: renderer version, artwork, award, title, and the text of badges and labels.

    Votes and the exact value count only where they change the text or the verdict, so that a refresh with a few more
    votes draws nothing.
    """
    if settings.design:
        return _digest(art, overlay, "", _design_lines(settings, rated, labels))
    badges = shown(settings, rated.ratings)
    contents = badge_contents(settings.label, badges, settings.rating_scale, average=average_word(settings.lang))
    lines = [
        f"{site}={content.value} {content.icon}{content.word}"
        for (site, _), content in zip(badges, contents, strict=True)
    ]
    lines += [f"{role}:{'|'.join(chip.text for chip in chips)}" for role, chips in sorted(labels.chips.items())]
    return _digest(art, overlay, shown_award(rated, labels) or "", lines)


def _design_lines(settings: Settings, rated: Rated, labels: Labels) -> list[str]:
    """Return what a freehand design shows: a fact that it does not use, or that changes nothing, is no part of it."""
    shown_parts = shown_elements(
        design_of_text(settings.design),
        valid_ratings(settings, rated.ratings),
        rated.award,
        labels.facts or NO_FACTS,
    )
    return describe_shown(shown_parts)


def _digest(art: Art, overlay: ChosenOverlay, award: str, lines: list[str]) -> str:
    title = [f"title:{overlay.text}"] if overlay.text else []
    text = "\n".join([VERSION, art.path, award, *lines, *title])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def shown_award(rated: Rated, labels: Labels) -> Award | None:
    """Return the award whose badge is drawn: none where a label names it."""
    return None if labels.has_award else rated.award
