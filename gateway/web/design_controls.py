"""The elements of freehand designs as controls of the editor page, worked out from their types."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, get_args

import msgspec
from msgspec.inspect import BoolType, EnumType, IntType, Metadata, NoneType, StrType, UnionType, VarTupleType, type_info

from gateway.web.controls import KINDS, SITES, Choice
from gateway.web.design_words import (
    ELEMENTS,
    FACT_VALUES,
    FACT_WORDS,
    FIELDS,
    HINTS,
    NEW_ELEMENTS,
    OPERATORS,
    TITLES_IN_THE_STRIP,
    VALUES,
)
from gateway.web.samples import EPISODES, FILMS, PREVIEW_SIZES
from shared.designs.conditions import LONGEST_WORD, MOST_CONDITIONS
from shared.designs.document import MOST_BYTES, MOST_ELEMENTS, DesignArt
from shared.designs.elements import AUTO, AnyElement
from shared.domain.pictures import CANVAS, Size
from shared.domain.ratings import RatingSite
from shared.settings.model import CANONICAL_ORDER

_CONDITIONS: Final = "when"
"""The one field that has an editor of its own."""

_NO_DEFAULT: Final = msgspec.NODEFAULT


class DesignField(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A field of an element: its control, what it allows, and its default if it has one.

    ``control`` is ``number``, ``choice``, ``colour``, ``text``, ``list`` or ``switch``.
    """

    name: str
    label: str
    control: str
    hint: str = ""
    lowest: int = 0
    highest: int = 0
    choices: tuple[Choice, ...] = ()
    has_auto: bool = False
    default: Any = None
    is_required: bool = False


class ElementControls(msgspec.Struct, frozen=True, kw_only=True):
    """A type of elements: its name, its fields, and what a new one says beside the defaults."""

    type: str
    words: str
    fields: tuple[DesignField, ...]
    new: Mapping[str, Any]


@lru_cache(2)
def design_context(free_key: str | None = None) -> dict[str, Any]:
    """Return what the editor page needs to know, ready for JSON; it must not be changed."""
    context: dict[str, Any] = msgspec.to_builtins(
        {
            "kinds": [
                {
                    "kind": kind,
                    "words": words,
                    "size": PREVIEW_SIZES[kind],
                    "canvas": CANVAS[kind][Size.MEDIUM],
                }
                for kind, words in KINDS.items()
            ],
            "elements": [_element(each) for each in get_args(AnyElement)],
            "art": design_fields(DesignArt),
            "sites": [Choice(site, SITES[site]) for site in CANONICAL_ORDER],
            "facts": [{"value": fact, "words": words, **FACT_VALUES[fact]} for fact, words in FACT_WORDS.items()],
            "operators": [Choice(operator, words) for operator, words in OPERATORS.items()],
            "most": {
                "elements": MOST_ELEMENTS,
                "bytes": MOST_BYTES,
                "conditions": MOST_CONDITIONS,
                "word": LONGEST_WORD,
            },
            "films": FILMS,
            "episodes": EPISODES,
            "strip": TITLES_IN_THE_STRIP,
            "free_key": free_key,
        }
    )
    return context


def design_fields(struct: type[msgspec.Struct]) -> tuple[DesignField, ...]:
    """Return the controls of a type's fields, but for the conditions. Raises ``KeyError`` for one without a label."""
    return tuple(_field(field) for field in msgspec.structs.fields(struct) if field.name != _CONDITIONS)


def _element(struct: type[msgspec.Struct]) -> ElementControls:
    tag = str(struct.__struct_config__.tag)
    return ElementControls(type=tag, words=ELEMENTS[tag], fields=design_fields(struct), new=NEW_ELEMENTS.get(tag, {}))


def _field(field: msgspec.structs.FieldInfo) -> DesignField:
    name = field.encode_name
    is_required = field.default is _NO_DEFAULT
    shown = DesignField(
        name=name,
        label=FIELDS[name],
        control="",
        hint=HINTS.get(name, ""),
        default=None if is_required else field.default,
        is_required=is_required,
    )
    return msgspec.structs.replace(shown, **_control_of(name, type_info(field.type)))


def _control_of(name: str, of_values: object) -> dict[str, Any]:
    """Return the control of a type and what it allows. Raises ``TypeError`` if there is none."""
    control: dict[str, Any]
    match of_values:
        case Metadata(type=bare):
            control = _control_of(name, bare)
        case BoolType():
            control = {"control": "switch"}
        case IntType(ge=lowest, le=highest):
            control = {"control": "number", "lowest": lowest or 0, "highest": highest or 0}
        case EnumType(cls=enum):
            control = {"control": "choice", "choices": _choices(name, enum)}
        case UnionType(types=(EnumType(cls=enum), NoneType())):
            control = {"control": "choice", "choices": (Choice("", "Nothing"), *_choices(name, enum))}
        case VarTupleType(item_type=EnumType(cls=enum), max_length=most):
            control = {"control": "list", "choices": _choices(name, enum), "lowest": 1, "highest": most or 0}
        case StrType(pattern=str(pattern)):
            control = {"control": "colour", "has_auto": AUTO in pattern}
        case StrType(min_length=shortest, max_length=longest):
            control = {"control": "text", "lowest": shortest or 0, "highest": longest or 0}
        case other:
            raise TypeError(f"no control shows {other}")
    return control


def _choices(name: str, enum: type) -> tuple[Choice, ...]:
    """Return the values of an enumeration and their labels. Raises ``KeyError`` for one without a label."""
    if enum is RatingSite:
        return tuple(Choice(site, SITES[site]) for site in CANONICAL_ORDER)
    return tuple(Choice(value, words) for value, words in VALUES[name].items())
