"""The OpenAPI description of the addresses with a key: the picture and two checks of the key."""

from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from gateway.api.meanings import meaning_of_parameter
from gateway.web.controls import Control, controls
from gateway.web.parameter_defaults import defaults_of
from shared.domain.ids import IdType
from shared.domain.pictures import Kind
from shared.settings.parameters import PARAMETERS, Parameter

Refuse = Callable[[HTTPStatus], dict[str, Any]]
"""Describes the error response of a status."""

_KEY: Final = {
    "name": "key",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "description": "An API key, its read-only key `h.<32 hex>`, or the free key if it is enabled.",
}
_ID_TYPE: Final = {
    "name": "id_type",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "enum": [each.value for each in IdType]},
    "description": "The site that the id is from.",
}
_STYLE: Final = (
    "`poster-default`, `logo-default`, `backdrop-default`, `landscape-default`, `episode-default`, a profile of the "
    "key, or `preset-` and the name of a preset. `landscape-default` is a backdrop with `title=logo` and other "
    "defaults; `square-default` is always a 404."
)
_FILE: Final = (
    "The id as its site writes it, such as `tt0111161` or `movie-278`, of an anime `7442` and for an episode `7442:3`, "
    "then `.jpg`, `.png`, `.webp` or nothing. "
    "For a season `season-tt0903747-S2`, for a collection of TMDB `collection-1241`."
)
_PICTURE_REFUSED: Final = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def keyed_paths(refuse: Refuse) -> dict[str, Any]:
    """Return the path items."""
    validity = _object(valid={"type": "boolean"}, validity={"type": "boolean"})
    standing = _object(valid={"const": True}, validity={"const": True}, limit=_COUNT, requestCount=_COUNT)
    is_valid = _question("is_valid", "Return whether a key is valid, its limit and its usage.", standing, refuse)
    is_valid["responses"]["401"] = _json("The key is not valid.", validity)
    requests = _question("requests", "Return a key's usage this month.", _object(req=_COUNT, limit=_COUNT), refuse)
    return {
        "/{key}/{id_type}/{style}/{file}": {"get": _picture(refuse)},
        "/{key}/imdb/{style}/tmdb-poster/{title}/{file}": {"get": _chosen(refuse)},
        "/{key}/isValid": {"get": is_valid},
        "/{key}/requests": {"get": requests},
    }


_COUNT: Final = {"type": "integer", "minimum": 0}


def _object(**properties: object) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _json(words: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _question(name: str, summary: str, answer: Mapping[str, Any], refuse: Refuse) -> dict[str, Any]:
    refused = (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    return {
        "operationId": name,
        "tags": ["pictures"],
        "summary": summary,
        "security": [],
        "parameters": [_KEY],
        "responses": {"200": _json("The key is valid.", answer)}
        | {str(status.value): refuse(status) for status in refused},
    }


def _picture(refuse: Refuse) -> dict[str, Any]:
    location = {"Location": {"required": True, "schema": {"type": "string", "format": "uri-reference"}}}
    direct = {"description": "The picture itself, for keys whose clients do not follow redirects.", "content": _IMAGES}
    return {
        "operationId": "picture",
        "tags": ["pictures"],
        "summary": "Redirect to a title's picture with its ratings.",
        "security": [],
        "parameters": [
            _KEY,
            _ID_TYPE,
            {"name": "style", "in": "path", "required": True, "schema": {"type": "string"}, "description": _STYLE},
            {"name": "file", "in": "path", "required": True, "schema": {"type": "string"}, "description": _FILE},
            *picture_parameters(),
        ],
        "responses": {
            "200": direct,
            "302": {"description": "Where the picture is.", "headers": location},
            **{str(status.value): refuse(status) for status in _PICTURE_REFUSED},
        },
    }


def _chosen(refuse: Refuse) -> dict[str, Any]:
    """Return the operation of RPDB's address of a poster on artwork that the caller chose."""
    named = {"in": "path", "required": True, "schema": {"type": "string"}}
    title = {"name": "title", **named, "description": "The IMDb id of the title, such as `tt0111161`."}
    file = {"name": "file", **named, "description": "A file in TMDB's list of the title, with `.jpg` or `.png`."}
    style = {"name": "style", **named, "description": _STYLE}
    return _picture(refuse) | {
        "operationId": "chosen_picture",
        "summary": "Redirect to a title's picture drawn on one of TMDB's files.",
        "description": "The same as the picture with `art`, in the format of the file's extension.",
        "parameters": [_KEY, style, title, file, *picture_parameters()],
    }


_IMAGES: Final[dict[str, Any]] = {"image/*": {}}


@cache  # every operation asks for them
def picture_parameters() -> tuple[Mapping[str, Any], ...]:
    """Return the query parameters of a picture."""
    by_name = {control.name: control for control in controls()}
    chosen = (_parameter(param, by_name[param.names[0]]) for param in PARAMETERS)
    fallback = {"name": "fallback", "in": "query", "schema": {"type": "boolean", "default": False}}
    return (*chosen, fallback | {"description": f"{meaning_of_parameter('fallback')}."})


def _parameter(param: Parameter, control: Control) -> dict[str, Any]:
    """Describe a parameter: what it does, its values and its default for each kind of picture."""
    name, kind = param.names[0], next(kind for kind in Kind if kind in param.kinds)
    defaults = [
        f"`{default}`" + (f" for {', '.join(kinds)}" if nth else "")
        for nth, (default, kinds) in enumerate(defaults_of(control).items())
        if default
    ]
    parts = [
        f"{meaning_of_parameter(name)}.",
        f"Values: {param.allowed(kind)}.",
        f"Default {', '.join(defaults)}." if defaults else "",
        "" if param.kinds == frozenset(Kind) else f"For {', '.join(kind for kind in Kind if kind in param.kinds)}.",
    ]
    return {"name": name, "in": "query", "schema": _schema(control), "description": " ".join(filter(None, parts))}


def _schema(control: Control) -> dict[str, Any]:
    """Return the type of a parameter's values; lists are written with commas, so they are texts."""
    bounds = list(control.bounds.values())
    match bounds[0].control:
        case "switch":
            return {"type": "boolean"}
        case "slider":
            return {"type": "integer", "minimum": bounds[0].lowest, "maximum": bounds[0].highest}
        case "segments":
            choices = dict.fromkeys(choice.value for each in bounds for choice in each.choices)
            return {"type": "string", "enum": list(choices)}
        case _:
            return {"type": "string"}
