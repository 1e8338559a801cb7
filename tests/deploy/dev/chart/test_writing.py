"""What `make chart` writes: the table of values, and the copies of rules and dashboards."""

from pathlib import Path

from deploy.dev.chart.copies import stale_copies, write_copies
from deploy.dev.chart.readme import BEGIN, END, silent_values, values_of, write_readme
from deploy.dev.chart.schema import open_places

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
    assert ["values.yaml does not say what image.tag is for."] == list(silent_values(chart_in(tmp_path)))


def test_the_table_is_replaced_and_the_words_around_it_stay(tmp_path: Path) -> None:
    chart = chart_in(tmp_path)

    assert [True, False] == [write_readme(chart), write_readme(chart)]

    text = (chart / "README.md").read_text()
    assert text.startswith("# A chart\n")
    assert text.endswith("\nMore.\n")
    assert "| `replicas` | `2` | How many |" in text
    assert "old" not in text


def test_copies_follow_their_originals_and_leave_with_them(tmp_path: Path) -> None:
    deploy, chart = tmp_path / "deploy", tmp_path / "chart"
    (deploy / "alerts").mkdir(parents=True)
    (deploy / "alerts" / "rules.yaml").write_text("groups: []\n")
    (deploy / "alerts" / "tests.yaml").write_text("rule_files: [rules.yaml]\n")
    (deploy / "dashboards").mkdir()
    (deploy / "dashboards" / "overview.json").write_text("{}")

    first = [path.name for path in write_copies(chart, deploy)]
    second = write_copies(chart, deploy)
    (deploy / "dashboards" / "overview.json").write_text('{"title": "more"}')
    (deploy / "alerts" / "rules.yaml").unlink()
    stale = list(stale_copies(chart, deploy))
    third = [path.name for path in write_copies(chart, deploy)]

    assert (["rules.yaml", "overview.json"], []) == (first, second)
    assert [
        "rules.yaml in the chart has no original any more; run make chart.",
        "overview.json in the chart is not what dashboards/ has; run make chart.",
    ] == stale
    assert ["rules.yaml", "overview.json"] == third
    assert [] == list(stale_copies(chart, deploy))


def test_a_schema_that_takes_unknown_names_is_told(tmp_path: Path) -> None:
    (tmp_path / "values.schema.json").write_text(
        '{"type": "object", "additionalProperties": false, "properties": {'
        '"open": {"type": "object", "properties": {}},'
        '"words": {"type": "object", "additionalProperties": {"type": "string"}}}}'
    )

    assert ["values.schema.json is open at open."] == list(open_places(tmp_path))
