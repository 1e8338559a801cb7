"""The table of values that `make chart` writes."""

from pathlib import Path

from deploy.dev.documents.chart_page import BEGIN, END, page, values_of
from tests.deploy.dev.chart.open_places import open_places, undocumented

VALUES = """\
# -- How many
replicas: 2
image:
  # -- Where it comes from; a | b
  name: marquee
  tag: ""
# -- All of these
pod:
  user: 1
"""


def chart_in(folder: Path) -> Path:
    (folder / "values.yaml").write_text(VALUES)
    (folder / "README.md").write_text(f"# A chart\n\n{BEGIN}\nold\n{END}\n\nMore.\n")
    return folder


def test_values_are_listed_with_their_defaults_and_words(tmp_path: Path) -> None:
    found = values_of(chart_in(tmp_path))

    assert [("replicas", 2), ("image.name", "marquee"), ("pod", {"user": 1})] == [
        (value.path, value.default) for value in found
    ]


def test_a_value_without_words_is_named(tmp_path: Path) -> None:
    assert ["image.tag"] == list(undocumented(chart_in(tmp_path)))


def test_the_table_is_replaced_and_the_words_around_it_stay(tmp_path: Path) -> None:
    chart = chart_in(tmp_path)

    text = page((chart / "README.md").read_text(), chart)

    assert text == page(text, chart)
    assert text.startswith("# A chart\n")
    assert text.endswith("\nMore.\n")
    assert "| `replicas` | `2` | How many |" in text
    assert "old" not in text


def test_an_object_that_takes_unknown_names_is_found() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "open": {"type": "object", "properties": {}},
            "words": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }

    assert ["open"] == list(open_places(schema))
