"""Words and phrases that no reader should meet: they are translated, dated, or wrong for what they mean.

What a person reads is checked: the pages and what their scripts say, the documents, the chart's notes and comments,
alerts and dashboards, and the sentences of the programs.
"""

import ast
import html
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.test_layout import tracked

ROOT: Final = Path(__file__).parent.parent

BETTER: Final = {
    r"take it along": "Use it",
    r"never an error": "Always return an image",
    r"named by\b(?! (?:its|their|the|TMDB|[A-Z_]{4}))": "Label",
    r"name and number": "Layout",
    r"by the place": "Auto",
    r"\bthey run\b(?! no)": "Direction",
    r"half of them on the opposite side": "Split",
    r"away from the edges": "Inset",
    r"art(?:work)? of another shape": "Fit, or another aspect ratio",
    r"back to the usual look": "Reset",
    r"same for all kinds": "Apply to all types",
    r"\bshape it\b": "Edit",
    r"\bas everybody.s\b": "Default",
    r"take a look over": "Import",
    r"in order, well": "Active, Healthy",
    r"\basked for\b": "requested",
    r"\bin hand\b": "in progress",
    r"\bfound right\b": "last checked",
    r"\bours\b(?! \d)": "internal",
    r"\bfrom the store\b": "cached",
    r"\bi have kept them\b": "I've saved them",
    r"(?<!there )\b(?:is|are) no (?:ids?|parameter|query|key|title|picture|number)\b": "is not a …",
    r"there is no key of this": "Key not found",
    r"\bhonou?rs besides\b": "also reads",
    r"\bgoes? on (?:where|working|serving|without)\b": "resumes, still works, continues",
    r"\bdrawn anew\b|\banew\b": "redrawn, again",
    r"\btold\b": "said, reported",
    r"\bwhoever\b": "anyone who, the person who",
    r"\breckon": "count, calculate",
    r"\bhark": "listen",
    r"\bby what became of\b": "by outcome",
    r"\bwhat they got\b": "outcome",
    r"\bas it may\b": "its limit",
    r"\bdoes not answer\b": "is not responding",
    r"\bthere is nothing here\b": "This address does not exist",
    r"\bone before for\b": "the previous one",
    r"\bas the settings say again\b": "follows the settings again",
    r"\bwhat (?:it|they) said is\b": "its output is",
    r"\bkeys? of (?:RPDB|Trakt|MDBList|TMDB|it)\b": "an RPDB key",
    r"\bstrain(?:s|ing)? (?:it|a design)\b": "difficult",
    r"\bfailed tries\b": "failed attempts",
    r"\bsort of title\b": "type of title",
    r"\bsee-through\b": "translucent",
    r"\bcannot be had\b": "is not available",
    r"\bwithout a word about\b": "with no mention of",
    r"\bwhat it is called\b": "its name",
    r"\bto this question\b": "to this request",
    r"\b(?:that|which) no address spells\b": "that an address cannot express",
    r"\bfound \w+ server useless\b": "found that the server cannot be used",
    r"\bwhile one works\b": "while you work",
    r"\bbraces are filled in by\b": "… fills in the braces",
    r"\b(?:thereof|wherein|henceforth|forthwith|lest|whilst|amongst)\b": "plainer words",
}
"""What is not written, as a pattern, and what is written in its place."""

_FOUND: Final = re.compile("|".join(f"(?:{pattern})" for pattern in BETTER), re.IGNORECASE)
_ALLOWED: Final = re.compile(
    r"--anew"  # an old name of an option, which still works
)
_NOT_READ: Final = ("renderer/drawing/", "deploy/dev/bench/", "tests/", ".github/")
_SENTENCE: Final = 3  # words; fewer are names


def sentences_of_a_script(text: str) -> Iterator[str]:
    for found in re.finditer(
        r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`', re.sub(r"^\s*(?://|/?\*).*$", "", text, flags=re.MULTILINE)
    ):
        yield found[1] or found[2] or ""


def words_of_a_page(text: str) -> str:
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.DOTALL)
    shown = " ".join(re.findall(r'(?:placeholder|aria-label|content|title)="([^"]*)"', text))
    return html.unescape(f"{re.sub('<[^>]*>', ' ', text)} {shown}")


def sentences_of_a_program(text: str) -> Iterator[str]:
    """Yield every text but documentation and names."""
    tree = ast.parse(text)
    silent = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in silent:
            continue
        if len(node.value.split()) >= _SENTENCE and "SELECT" not in node.value:
            yield node.value


def texts(node: object) -> Iterator[str]:
    """Yield the texts of a YAML document."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for each in node.values():
            yield from texts(each)
    elif isinstance(node, list):
        for each in node:
            yield from texts(each)


Read = Callable[[str], Iterable[str]]

_PAGES: Final = "gateway/web/static/"
_PROGRAMS: Final = ("gateway/", "renderer/", "services/", "shared/", "deploy/")
_READERS: Final[tuple[tuple[tuple[str, ...], tuple[str, ...], Read], ...]] = (
    (("",), (".md",), lambda text: [text]),
    (("gateway/web/templates/",), (".html",), lambda text: [words_of_a_page(text)]),
    ((_PAGES,), (".js",), sentences_of_a_script),
    (_PROGRAMS, (".py",), sentences_of_a_program),
    (_PROGRAMS[:-1], (".toml",), lambda text: [text]),
    (("helm/marquee/files/",), (".yaml", ".json"), lambda text: texts(yaml.safe_load(text))),
    (("helm/marquee/",), ("NOTES.txt", "marquee/values.yaml"), lambda text: [text]),
)
"""By where a file is and how its name ends: what of it a person reads."""


@cache
def read_by_a_person() -> list[tuple[str, str]]:
    """Return what a person reads, with the file that it is from."""
    return [
        (path, words)
        for path in tracked()
        if not path.startswith(_NOT_READ) and (ROOT / path).is_file()
        for folders, endings, read in _READERS
        if path.startswith(folders) and path.endswith(endings)
        for words in read((ROOT / path).read_text())
    ]


def test_nobody_reads_a_word_that_we_do_not_use() -> None:
    found = [
        f"{path}: {match[0]!r} in …{' '.join(text[max(0, match.start() - 60) : match.end() + 40].split())}…"
        for path, text in read_by_a_person()
        for match in _FOUND.finditer(_ALLOWED.sub("", text))
    ]

    assert [] == found


def test_everything_that_a_person_reads_is_looked_at() -> None:
    kinds = {Path(path).suffix for path, _ in read_by_a_person()}
    files = {path for path, _ in read_by_a_person()}

    assert {".md", ".html", ".js", ".json", ".py", ".toml", ".txt", ".yaml"} == kinds
    assert {"README.md", "helm/marquee/templates/NOTES.txt", "gateway/web/static/js/session.js"} <= files


@pytest.mark.parametrize(
    "sentence",
    [
        "Take it along",
        "Whoever is told reckons anew",
        "x is no id that says whose it is",
        "There is nothing here.",
        "Pictures asked for",
        "Requests by what they were for and what they got.",
        "artwork of another shape",
        "On titles that strain it",
        "Clients that expect a key of RPDB",
    ],
)
def test_what_was_written_before_is_found(sentence: str) -> None:
    assert _FOUND.search(sentence)
    assert ["", sentence] == list(sentences_of_a_script(f'// "whoever"\nsay("", "{sentence}");'))
    assert list(sentences_of_a_program(f'"""whoever"""\nraise X("{sentence} and on")')) == [f"{sentence} and on"]
    assert sentence in words_of_a_page(f"{{# whoever #}}<p title='told'>{sentence}</p>")
