"""Make sure that one picture is drawn once, however many replicas and ids ask for it."""

from renderer.jobs.context import Draft
from renderer.jobs.dependencies import Tools


async def claim(draft: Draft, tools: Tools) -> None:
    """Hold the turn for this picture until the work ends; what is stored is looked at only then.

    Raises ``TooLate``, ``StoreDown``.
    """
    await draft.held.enter_async_context(tools.turns.turn(f"{draft.job.settings_hash}:{draft.media}"))
