"""A layer for one kind as profiles and presets have it: settings, or a design."""

from typing import Annotated, cast

import msgspec
from msgspec import UNSET, UnsetType

from gateway.settings.layers import (
    SomeOverrides,
    audit_details,
    check,
    check_fits,
    design_in,
    design_layer,
    merge_change,
)
from shared.designs.checks import checked_design
from shared.designs.document import DesignDocument, canonical_text
from shared.designs.read import read_design
from shared.domain.errors import BadField, BadRequest
from shared.domain.pictures import Kind

StyleName = Annotated[str, msgspec.Meta(max_length=64)]


class LayerChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change to a layer of one kind; fields that are not set stay. A design replaces settings, and they a design."""

    kind: Kind | UnsetType = UNSET
    settings: SomeOverrides | UnsetType = UNSET
    design: DesignDocument | UnsetType = UNSET

    @property
    def has_settings(self) -> bool:
        """Return whether it sets any."""
        return self.settings is not UNSET and bool(msgspec.to_builtins(self.settings))

    @property
    def details(self) -> dict[str, str | int | bool | None]:
        """Return it for the audit log."""
        if self.design is UNSET:
            return audit_details(self)
        number = len(self.design.elements)
        return {"design": f"{number} element{'' if number == 1 else 's'}"}


def changed_layer(before: tuple[Kind, str] | None, change: LayerChange) -> tuple[Kind, str]:
    """Return the kind and the JSON text of a layer with a change applied; a new one is a poster's if no kind is set.

    Raises ``BadRequest``, and ``BadField`` for a design that is wrong.
    """
    former = None if before is None else design_in(*before)
    if change.design is not UNSET:
        if change.has_settings:
            raise BadRequest(public="There can be settings or a design, but not both.")
        design = checked_design(change.design)
        _require_kind(change.kind, design)
        return design.kind, design_layer(design)
    if before is not None and former is not None and change.settings is UNSET:
        _require_kind(change.kind, former)
        return before
    kind = change.kind if change.kind is not UNSET else before[0] if before else Kind.POSTER
    text = before[1] if before is not None and former is None else "{}"
    if change.settings is not UNSET:
        text = merge_change(text, change.settings)
    overrides = msgspec.json.decode(text)
    check_fits(kind, overrides)
    check(kind, overrides)
    return kind, text


def shown_design(kind: Kind, text: str) -> DesignDocument | UnsetType:
    """Return the design of a layer as it is sent, if it has one."""
    design = design_in(kind, text)
    return UNSET if design is None else as_sent(design)


def as_sent(design: DesignDocument) -> DesignDocument:
    """Return a design for an answer: in canonical form, which has no defaults, unlike the type by itself."""
    return cast("DesignDocument", msgspec.Raw(canonical_text(design).encode()))


def check_layer(body: object) -> None:
    """Check a layer in a body, as read from JSON. Raises ``BadRequest`` as a query would, ``BadField`` for a design."""
    if not isinstance(body, dict):
        return
    if "design" in body:
        read_design(body["design"])
    if isinstance(body.get("settings"), dict):
        # Without a kind they are checked as a poster's, which has every parameter.
        kind = next((kind for kind in Kind if kind == body.get("kind")), Kind.POSTER)
        check(kind, body["settings"])


def _require_kind(kind: Kind | UnsetType, design: DesignDocument) -> None:
    if kind is not UNSET and kind is not design.kind:
        raise BadField.at("kind", f"must be {design.kind}, as in the design")
