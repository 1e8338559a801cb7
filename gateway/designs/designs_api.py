"""The JSON Schema of designs, and the design of a look that parameters make."""

from typing import Any, Final

import msgspec

from gateway.api.endpoint import Call, NoBody, Reply
from gateway.keys.change_feed import ChangeFeed
from gateway.pictures.key_layers import layers_below
from gateway.pictures.settings_resolver import resolve_query
from gateway.settings.kind_layer import as_sent
from shared.designs.document import DesignDocument
from shared.designs.normal_form import normal_design
from shared.designs.plain import design_of
from shared.domain.pictures import Format, Kind
from shared.settings.parameters import PARAMETERS

LookQuery: Final[type[msgspec.Struct]] = msgspec.defstruct(
    "LookQuery",
    [("kind", Kind), *((param.names[0], str, "") for param in PARAMETERS)],
    frozen=True,
    module=__name__,
)
"""A kind, and the parameters of a picture."""


class DesignOfLook(msgspec.Struct, frozen=True):
    """The design that looks like the parameters, as far as a design can say it."""

    design: DesignDocument


class DesignSchema(msgspec.Struct, frozen=True):
    """A JSON Schema."""

    schema: str = msgspec.field(name="$schema")


class DesignsApi:
    """Serves ``/api/design.schema.json`` and ``/api/design/from``."""

    def __init__(self, change_feed: ChangeFeed) -> None:
        self._change_feed = change_feed

    async def schema(self, _call: Call, _: NoBody) -> Reply:
        """Return the JSON Schema of a design."""
        return Reply(_SCHEMA)

    async def of_look(self, call: Call, _: NoBody) -> Reply:
        """Return the design of a look, to start from. Parameters that the query omits come from the global settings.

        Raises ``BadRequest``.
        """
        query = call.request.rel_url.raw_query_string
        layers = layers_below(self._change_feed.overrides, "")
        settings = resolve_query(call.query.kind, Format.JPG, query, layers).settings
        return Reply(DesignOfLook(as_sent(normal_design(design_of(settings)))))


def design_schema() -> dict[str, Any]:
    """Return the JSON Schema of a design, of the draft that editors know best."""
    schema = msgspec.json.schema(DesignDocument)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Marquee design", **schema}


_SCHEMA: Final = msgspec.Raw(msgspec.json.encode(design_schema()))
