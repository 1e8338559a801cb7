"""Whether a stored picture that is due was checked a short time ago, by any replica.

A picture is due by its age, and with a label from a list each time that the next list is there. Both checks leave a
mark: that of the list costs no source a call.
"""

from datetime import datetime

from renderer.storage.base import ImageMetadata
from shared.domain.cache_lifetime import Freshness, LifetimeRule
from shared.queue.protocol import FreshMarks
from shared.settings.digest import SettingsHash


def mark_of_lists(settings_hash: SettingsHash, media: str) -> str:
    """Return the name under which a picture is marked as compared with the current lists."""
    return f"{settings_hash}:{media}:lists"


async def is_recently_checked(
    metadata: ImageMetadata, settings_hash: SettingsHash, marks: FreshMarks, now: datetime, rule: LifetimeRule
) -> bool:
    """Return whether a picture needs no check now. Raises ``StoreDown``."""
    freshness = metadata.freshness_by_age(now, rule)
    if freshness is Freshness.OVERDUE:
        return False
    if freshness is Freshness.STALE and not await marks.is_fresh(f"{settings_hash}:{metadata.media}"):
        return False
    return not metadata.has_older_lists(now) or await marks.is_fresh(mark_of_lists(settings_hash, metadata.media))
