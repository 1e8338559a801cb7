"""Tell whether there is anything new to draw."""

import hashlib

from renderer.draft import Draft
from renderer.outcomes import Outcome
from renderer.pixels.draw import VERSION, shown
from renderer.tools import Tools
from services.kit.source import Art
from shared.ratings import Ratings
from shared.settings import Settings


async def compare(draft: Draft, tools: Tools) -> None:
    """End the work when the stored picture has the fingerprint that a new one would have."""
    stored = draft.stored
    if stored is None or stored.degraded != draft.degraded:
        return
    if stored.fingerprint == fingerprint(draft.settings, draft.ratings, draft.candidates[0]):
        await tools.records.checked(draft)
        draft.outcome = Outcome.UNCHANGED


def fingerprint(settings: Settings, ratings: Ratings, art: Art) -> str:
    """Name what is drawn: our version, the art, and each badge's value and whether enough voted for a certificate."""
    badges = [f"{site}={rating.value:g}/{rating.votes or 0}" for site, rating in shown(settings, ratings)]
    text = "\n".join([VERSION, art.path, *badges])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
