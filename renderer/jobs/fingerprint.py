"""The fingerprint of a picture: equal fingerprint, nothing to redraw."""

import hashlib

from renderer.drawing.picture import VERSION, shown
from renderer.jobs.context import Rated
from services.source import Art
from shared.settings.model import Settings


def fingerprint(settings: Settings, rated: Rated, art: Art) -> str:
    """Return the digest of what is drawn: renderer version, artwork, award, and each badge's value and votes."""
    badges = [f"{site}={rating.value:g}/{rating.votes or 0}" for site, rating in shown(settings, rated.ratings)]
    text = "\n".join([VERSION, art.path, rated.award or "", *badges])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
