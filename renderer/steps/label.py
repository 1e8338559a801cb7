"""Work out what the labels of a picture say today."""

from datetime import UTC
from typing import Final

import msgspec

from renderer.drawing.freehand.shown_elements import design_of_text
from renderer.jobs.context import JobContext, Rated
from renderer.jobs.dependencies import Dependencies
from renderer.jobs.title_names import names_for_design
from renderer.labels.choose import LabelFacts, Labels, choose_labels, lists_of
from renderer.labels.design_labels import choose_design_labels

LISTS: Final = "lists"
"""What failed, where a label comes from a list that is older than it should be."""


async def label(context: JobContext, rated: Rated, dependencies: Dependencies) -> Labels:
    """Return the labels; one that comes from an older list makes the picture degraded.

    Raises ``StoreDown``, and ``SourceError`` when a degraded picture would replace a complete one.
    """
    ranks, outdated = await dependencies.list_book.ranks(lists_of(context.settings), context.media)
    facts = LabelFacts(award=rated.award, nominated=rated.nominated, age=rated.age, ranks=ranks)
    today = dependencies.now().astimezone(UTC).date()
    if context.settings.design:
        design = design_of_text(context.settings.design)
        names = await names_for_design(context, design, dependencies)
        labels = choose_design_labels(design, context.settings, context.title, names, facts, today)
    else:
        labels = choose_labels(context.settings, context.title, facts, today)
    if not labels.carried_by.isdisjoint(outdated):
        context.failures.add_label(LISTS)
    if not labels.lists:
        return labels
    return msgspec.structs.replace(labels, valid_for_s=dependencies.list_book.valid_for_s(outdated))
