"""The page: sections, captions and switches in plain HTML and CSS, with nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import msgspec

from deploy.dev.sheet.shots import Row, Section, Shot
from shared.domain.pictures import Kind


class Printed(msgspec.Struct, frozen=True):
    """What became of a shot: pixels and bytes."""

    width: int
    height: int
    weight: int


_SWITCHES: Final = {
    "zoom": (("overview", "Overview"), ("full", "100 %"), ("close", "300 %")),
    "ground": (("light", "Light"), ("dark", "Dark")),
}
_FIRST: Final = {"overview", "dark"}

_STYLE: Final = """
:root { --page: #f4f4f2; --ink: #1c1d21; --soft: #6d6f78; --line: #d9d9d6; --check: #fff; --square: #d5d5d5; }
:root:has(#dark:checked) { --page: #17181c; --ink: #eeeef0; --soft: #9a9ca6; --line: #303238; --check: #26272c;
  --square: #3a3c43; }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 4.5rem; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
header { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center;
  padding: .75rem 2rem; background: var(--page); border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.1rem; }
h2 { margin: 0; font-size: 1.35rem; }
h3 { margin: 1.5rem 0 .5rem; font-size: .95rem; font-weight: 600; color: var(--soft); }
fieldset { display: flex; gap: 0; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: 8px;
  overflow: hidden; }
fieldset input { position: absolute; opacity: 0; }
fieldset label { padding: .25rem .8rem; cursor: pointer; }
fieldset input:checked + label { background: var(--ink); color: var(--page); }
fieldset input:focus-visible + label { outline: 2px solid var(--soft); outline-offset: -3px; }
nav { display: flex; flex-wrap: wrap; gap: .25rem .9rem; padding: 1rem 2rem 0; font-size: .9rem; }
nav a { color: var(--soft); }
main { padding: 0 2rem 4rem; }
section { padding-top: 2.5rem; }
section > p { margin: .1rem 0 0; color: var(--soft); }
.row { display: flex; flex-wrap: wrap; gap: 1.25rem; align-items: flex-end; }
figure { margin: 0; }
figure img { display: block; width: calc(var(--thumb) * 1px); height: auto; border-radius: 2px; }
:root:has(#full:checked) figure img { width: calc(var(--wide) * 1px); border-radius: 0; }
:root:has(#close:checked) figure img { width: calc(var(--wide) * 3px); border-radius: 0; image-rendering: pixelated; }
.clear img { background: repeating-conic-gradient(var(--check) 0 25%, var(--square) 0 50%) 0 0 / 24px 24px; }
figcaption { max-width: max(12rem, calc(var(--thumb) * 1px)); padding-top: .35rem; }
figcaption small { display: block; color: var(--soft); }
"""

_THUMB: Final = {Kind.POSTER: 200, Kind.LOGO: 300, Kind.BACKDROP: 400, Kind.EPISODE: 300}


def page(sections: Sequence[Section], printed: Mapping[str, Printed]) -> str:
    """Return the page; ``printed`` tells of every shot's file by its name."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Contact sheet</title><style>{_STYLE}</style></head><body>",
        f"<header><h1>Contact sheet</h1>{''.join(map(_switch, _SWITCHES))}",
        f"<span>{len(printed)} pictures</span></header>",
        f"<nav>{''.join(_link(section) for section in sections)}</nav><main>",
        *(_section(section, printed) for section in sections),
        "</main></body></html>",
    ]
    return "\n".join(parts)


def _switch(name: str) -> str:
    marks = [
        f'<input type="radio" name="{name}" id="{key}"{" checked" if key in _FIRST else ""}>'
        f'<label for="{key}">{escape(words)}</label>'
        for key, words in _SWITCHES[name]
    ]
    return f"<fieldset>{''.join(marks)}</fieldset>"


def _link(section: Section) -> str:
    return f'<a href="#{section.key}">{escape(section.name)}</a>'


def _section(section: Section, printed: Mapping[str, Printed]) -> str:
    rows = "\n".join(_row(row, printed) for row in section.rows)
    heading = f"<h2>{escape(section.name)}</h2><p>{escape(section.about)}</p>"
    return f'<section id="{section.key}">{heading}\n{rows}</section>'


def _row(row: Row, printed: Mapping[str, Printed]) -> str:
    figures = "\n".join(_figure(shot, printed[shot.file]) for shot in row.shots)
    return f'<h3>{escape(row.name)}</h3><div class="row">\n{figures}</div>'


def _figure(shot: Shot, printed: Printed) -> str:
    clear = ' class="clear"' if shot.kind is Kind.LOGO else ""
    lengths = f"--wide: {printed.width}; --thumb: {min(_THUMB[shot.kind], printed.width)}"
    pixels = f'width="{printed.width}" height="{printed.height}"'
    query = " ".join(f"{name}={value}" for name, value in shot.query.items())
    facts = f"{printed.width} × {printed.height}, {-(-printed.weight // 1000)} kB"
    return (
        f'<figure{clear} style="{lengths}" title="{escape(query)}"><a href="{shot.file}">'
        f'<img src="{shot.file}" alt="{escape(f"{shot.kind} {query}")}" loading="lazy" {pixels}></a>'
        f"<figcaption>{escape(shot.caption)}<small>{facts}</small></figcaption></figure>"
    )
