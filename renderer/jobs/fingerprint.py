"""The fingerprint of a picture: equal fingerprint, nothing to redraw."""

import hashlib

from renderer.drawing.badge_content import badge_contents
from renderer.drawing.picture import VERSION, shown
from renderer.jobs.context import Rated
from services.source import Art
from shared.settings.model import Settings


def fingerprint(settings: Settings, rated: Rated, art: Art) -> str:
    """Return the digest of what is drawn: renderer version, artwork, award, and each badge's text and icon.

    Votes and the exact value count only where they change the text or the verdict, so that a refresh with a few more
    votes draws nothing.
    """
    badges = shown(settings, rated.ratings)
    contents = badge_contents(settings.label, badges, settings.rating_scale)
    lines = [
        f"{site}={content.value} {content.icon}{content.word}"
        for (site, _), content in zip(badges, contents, strict=True)
    ]
    text = "\n".join([VERSION, art.path, rated.award or "", *lines])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
