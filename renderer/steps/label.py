"""Work out what the labels of a picture say today."""

from datetime import UTC
from typing import Final

import msgspec

from renderer.jobs.context import JobContext, Rated
from renderer.jobs.dependencies import Dependencies
from renderer.labels.choose import LabelFacts, Labels, choose_labels, lists_of

LISTS: Final = "lists"
"""What failed, where a label comes from a list that is older than it should be."""


async def label(context: JobContext, rated: Rated, dependencies: Dependencies) -> Labels:
    """Return the labels; one that comes from an older list makes the picture degraded. Raises ``StoreDown``."""
    ranks, outdated = await dependencies.list_book.ranks(lists_of(context.settings), context.media)
    facts = LabelFacts(award=rated.award, nominated=rated.nominated, age=rated.age, ranks=ranks)
    today = dependencies.now().astimezone(UTC).date()
    labels = choose_labels(context.settings, context.title, facts, today)
    if labels.carried_by in outdated:
        context.failures.add_label(LISTS)
    if not labels.lists:
        return labels
    return msgspec.structs.replace(labels, valid_for_s=dependencies.list_book.valid_for_s(outdated))
