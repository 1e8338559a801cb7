"""Keep the finished picture."""

from renderer.draft import Draft
from renderer.outcomes import Outcome
from renderer.tools import Tools
from shared.storage.keys import storage_key


async def store(draft: Draft, tools: Tools) -> None:
    """Store the picture under the title's one name, note it in the index, and end the work. Raises ``StoreDown``."""
    assert draft.media is not None  # noqa: S101 - set by resolve
    assert draft.picture is not None  # noqa: S101 - set by draw
    key = storage_key(draft.job.settings_hash, draft.media, draft.settings.format)
    await tools.storage.put(key, draft.picture)
    await tools.records.drawn(draft)
    draft.outcome = Outcome.DRAWN
