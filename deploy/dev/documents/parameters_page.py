"""The generated parts of `docs/parameters.md`: the meaning, default and pictures of each parameter."""

from collections.abc import Iterator
from typing import Final

from deploy.dev.documents.generated_block import with_block
from deploy.dev.documents.thumbnails import WIDTH, beside, thumbnails
from gateway.web.controls import GROUPS, KINDS, SITES, WORDS, Control, controls
from gateway.web.parameter_defaults import defaults_of
from shared.domain.pictures import Kind
from shared.settings.list_values import NOTHING
from shared.settings.parameters import PARAMETERS, Parameter

FOLDER: Final = "parameters"
"""Where the pictures are, next to the document."""

_ROW_PX: Final = 5 * WIDTH[Kind.POSTER]  # fits on a page of documentation
_CLOSED: Final = frozenset({"segments", "position", "switch"})
_LISTS: Final = frozenset({"sites", "list", "picks"})


def page(document: str) -> str:
    """Return the document as it should be. Raises ``NoSuchBlock`` if it has no place for a parameter."""
    by_name = {control.name: control for control in controls()}
    for param in PARAMETERS:
        name = param.names[0]
        begin, end = f"<!-- {name}: written by make docs -->", f"<!-- end of {name} -->"
        document = with_block(document, begin, end, "\n\n".join(_block(param, by_name[name])))
    return document


def _block(param: Parameter, control: Control) -> Iterator[str]:
    """Yield the paragraphs and tables of a parameter."""
    shots = thumbnails(param)
    meaning = [WORDS[control.name].meaning]
    if not shots or control.control not in _CLOSED:
        meaning += _allowed(param)
    text = " ".join(filter(None, meaning))
    if text:
        yield text
    yield " · ".join(_facts(param, control))
    others = "&".join(f"{name}={value}" for name, value in beside(control.name).items())
    if shots and others:
        yield f"Here with `{others}`:"
    pictures = [(shot.caption, file) for file, shot in shots.items()]
    if pictures:
        across = _ROW_PX // WIDTH[next(iter(shots.values())).kind]
        rows = -(-len(pictures) // across)
        size = -(-len(pictures) // rows)  # rows of about the same length
        for start in range(0, len(pictures), size):
            yield _table(control, pictures[start : start + size])


def _allowed(param: Parameter) -> list[str]:
    """Return what the values are, in a sentence for each set of kinds that has its own."""
    by_words: dict[str, list[Kind]] = {}
    for kind in (kind for kind in KINDS if kind in param.kinds):
        by_words.setdefault(param.allowed(kind), []).append(kind)
    if len(by_words) == 1:
        return [f"Values: {words}." for words in by_words]
    return [f"Values for {_listed(kinds)}: {words}." for words, kinds in by_words.items()]


def _facts(param: Parameter, control: Control) -> Iterator[str]:
    by_default = defaults_of(control)
    usual, *others = by_default
    shown = [f"`{usual}`" if usual else "not set"]
    shown += [f"`{default}` for {_listed(by_default[default])}" for default in others]
    yield f"**Default** {', '.join(shown)}"
    if set(control.kinds) != set(Kind):
        yield f"**For** {_listed(list(control.kinds))}"
    if param.names[1:]:
        yield f"**Also** {', '.join(f'`{name}`' for name in param.names[1:])}"
    yield f"**In the configurator** {GROUPS[control.group]} → {control.label}"


def _listed(kinds: list[Kind]) -> str:
    return " and ".join(filter(None, [", ".join(f"{kind}s" for kind in kinds[:-1]), f"{kinds[-1]}s"]))


def _table(control: Control, pictures: list[tuple[str, str]]) -> str:
    """Return a table with a column for each picture: its value, itself and, for words that have labels, these."""
    labels = {choice.value: choice.words for bounds in control.bounds.values() for choice in bounds.choices}
    labels = {NOTHING: "None"} | (labels or SITES if control.control in _LISTS else labels)
    default = next(iter(defaults_of(control)))
    heads = [f"`{_cell(value)}`" + (" (default)" if value == default else "") for value, _ in pictures]
    lines = [heads, [":---:"] * len(pictures)]
    lines.append([f"![{_cell(f'{control.name}={value}')}]({FOLDER}/{file})" for value, file in pictures])
    if control.control in _LISTS or all(value in labels for value, _ in pictures):
        lines.append([", ".join(labels[word] for word in value.split(",")) for value, _ in pictures])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
