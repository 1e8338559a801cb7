"""Every endpoint of designs and presets, one line each."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from aiohttp import hdrs

from gateway.api.endpoint import Access, Endpoint, NoBody
from gateway.designs.designs_api import DesignOfLook, DesignsApi, DesignSchema, LookQuery
from gateway.designs.presets_api import PresetChange, PresetList, PresetPage, PresetsApi
from gateway.pictures.preview import DesignPreviewQuery, PreviewApi, Sample
from gateway.settings.kind_layer import check_layer
from shared.designs.document import DesignDocument
from shared.designs.read import read_design

GET, POST, PUT, DELETE = hdrs.METH_GET, hdrs.METH_POST, hdrs.METH_PUT, hdrs.METH_DELETE


def design_endpoints(presets: PresetsApi, designs: DesignsApi, preview: PreviewApi) -> Iterable[Endpoint[Any]]:
    """Return the endpoints. They go before ``/api/preview/{kind}``."""
    path, is_open = "/api/admin/presets/{name:[^/]+}", Access.OPEN
    yield Endpoint("presets", GET, "/api/presets", presets.list, NoBody, access=is_open, reply=PresetList)
    yield Endpoint(
        "preset_save",
        PUT,
        path,
        presets.save,
        PresetChange,
        reply=PresetPage,
        explain=check_layer,
        also=(HTTPStatus.CREATED,),
    )
    yield Endpoint("preset_delete", DELETE, path, presets.delete, NoBody, reply=PresetList)
    yield Endpoint(
        "design_schema", GET, "/api/design.schema.json", designs.schema, NoBody, access=is_open, reply=DesignSchema
    )
    yield Endpoint(
        "design_of_look",
        GET,
        "/api/design/from",
        designs.of_look,
        NoBody,
        query=LookQuery,
        access=is_open,
        reply=DesignOfLook,
    )
    yield Endpoint(
        "preview_design",
        POST,
        "/api/preview/design",
        preview.show_design,
        DesignDocument,
        query=DesignPreviewQuery,
        access=is_open,
        reply=Sample,
        explain=read_design,
    )
