"""The settings of a design, restored from what an object in the bucket says."""

from hypothesis import given
from hypothesis import strategies as st

from renderer.maintenance.stored_objects import read_settings
from shared.designs.as_settings import design_settings
from shared.designs.document import DesignDocument
from shared.domain.pictures import Format, Size
from shared.settings.digest import settings_text
from shared.settings.quality import Quality
from tests.shared.designs.documents import designs


@given(designs, st.sampled_from(Format), st.booleans())
def test_settings_of_a_design_are_read_back(design: DesignDocument, fmt: Format, is_chosen: bool) -> None:  # noqa: FBT001 - from a strategy
    chosen = {"size": Size.LARGE, "quality": (Quality.K4, Quality.HDR), "region": "FR", "art_file": "a.jpg"}
    settings = design_settings(design, fmt, chosen if is_chosen else {})

    assert settings == read_settings(settings_text(settings))
