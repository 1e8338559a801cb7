"""A generated part of a document is replaced, and a document without a place for it is not touched."""

import pytest

from deploy.dev.documents.generated_block import NoSuchBlock, with_block


def test_only_what_is_between_the_markers_is_replaced() -> None:
    assert "a <b>\n\nnew\n\n</b> c" == with_block("a <b>\n\nold\n\n</b> c", "<b>", "</b>", "new")


@pytest.mark.parametrize("document", ["<b> and no end", "no beginning </b>", "</b> in the wrong order <b>"])
def test_a_document_that_lost_its_markers_is_not_written(document: str) -> None:
    with pytest.raises(NoSuchBlock, match="<b>"):
        with_block(document, "<b>", "</b>", "new")
