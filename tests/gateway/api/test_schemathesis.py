"""Every operation that the OpenAPI document names, with good and bad data, by everybody who may or may not call it."""

import copy
import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import jsonschema_rs
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, CheckContext, CheckFunction, GenerationMode, Response, checks
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from gateway.pictures.proxy import PictureProxy
from shared.domain.title_query import TITLES_PATH
from shared.stores.postgres import Pool, connection
from tests.gateway.roles import Person, Role, a_holder, an_admin, is_good, signed_in_again
from tests.gateway.threaded import Threaded, threaded

AnyCase: TypeAlias = Case[Any]

EXAMPLES: Final = 2
"""Random requests of each operation, for each role and each kind of data; the same ones in every run."""

MOST_CASES: Final = 24
"""Requests at the bounds of an operation's data, for each role."""

_PROFILE: Final = "mine"
_FILM: Final = {"id_type": "imdb", "style": "poster-default", "file": "tt0111161.jpg", "title": "tt0017136"}
STORED: Final = ("key", "id", "name", "kind", *_FILM)
"""Parts of addresses that name what is stored."""

_LENIENT: Final = {ParameterLocation.QUERY, ParameterLocation.HEADER, ParameterLocation.COOKIE}


def bad_data_is_refused(ctx: CheckContext, response: Response, case: AnyCase) -> bool | None:
    """Check as schemathesis does, but for what is passed over by design: of a query, empty and unknown parameters,
    and all but the first of a name."""
    parts = case.meta.components if case.meta else {}
    bad = {location for location, part in parts.items() if part.mode is GenerationMode.NEGATIVE}
    known = {parameter.name for parameter in case.operation.query}
    said = [
        value[:1] if isinstance(value, list) else [value] for name, value in (case.query or {}).items() if name in known
    ]
    if bad <= _LENIENT and all(value in ([], [""], [None], [NOT_SET]) for value in said):
        return None
    outcome: bool | None = checks.negative_data_rejection(ctx, response, case)
    return outcome


CHECKS: Final[list[CheckFunction]] = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
    bad_data_is_refused,
]
"""Left out on purpose: who may call what, which the table of ``test_access`` has; and that good data is always taken,
for what is good often depends on what is stored."""


@pytest.fixture(scope="module", autouse=True)
def renderer() -> Iterator[None]:
    """A renderer that knows no title: without any, a search is answered with 503, as it should be."""
    fetch = PictureProxy.fetch

    async def answer(proxy: PictureProxy, path: str, client: str) -> tuple[int, bytes]:
        return (200, b'{"titles":[]}') if path.startswith(TITLES_PATH) else await fetch(proxy, path, client)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PictureProxy, "fetch", answer)
        yield


@dataclass(frozen=True)
class Plan:
    """Requests of one operation; those in the second list are completed with the names of what is stored."""

    cases: list[AnyCase]
    cases_about_stored: list[AnyCase]


class Visitor:
    """Somebody who asks, each time from another address, and signed in again whenever they may not be: no case starves
    the next."""

    def __init__(self, served: Threaded, role: Role) -> None:
        self._served, self.role = served, role
        self._person: Person | None = None
        self._is_in = False
        self._addresses = itertools.count(1)
        self._http = requests.Session()
        self._http.trust_env = False  # it would read proxies and netrc for each request
        self.failures: dict[str, str] = {}
        self.statuses: dict[str, set[int]] = {}

    def ask(self, case: AnyCase) -> None:
        """Send a case and keep what is wrong with the answer."""
        answer = case.call(base_url=self._served.url, session=self._http, headers=self._headers(), timeout=20)
        self.statuses.setdefault(case.operation.label, set()).add(answer.status_code)
        self._is_in = answer.status_code != HTTPStatus.UNAUTHORIZED and "/auth/" not in case.operation.path
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                self.failures.setdefault(f"{case.operation.label}: {type(failure)}", str(group))

    def close(self) -> None:
        self._http.close()

    def _headers(self) -> dict[str, str]:
        number = next(self._addresses)
        headers = {"X-Forwarded-For": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}
        if self.role is not Role.NOBODY:
            if self._person is None or not self._is_in:
                self._person = self._served.run(self._sign_in)
            headers["Authorization"] = f"Bearer {self._person.access}"
            headers["Cookie"] = f"refresh_token={self._person.refresh}"
        return headers

    async def _sign_in(self, pool: Pool) -> Person:
        if self.role is Role.ADMIN:
            return await an_admin(pool)
        if self._person is None or not await is_good(pool, self._person.id):
            return await a_holder(pool)
        return await signed_in_again(pool, self._person)


@pytest.fixture(scope="module")
def served(postgres_url: str, valkey_url: str) -> Iterator[Threaded]:
    with threaded(postgres_url, valkey_url, TRUSTED_PROXIES="127.0.0.1", RATE_LIMITS_ENABLED="false") as served:
        yield served


@pytest.fixture(scope="module")
def document(served: Threaded) -> dict[str, Any]:
    document: dict[str, Any] = requests.get(f"{served.url}/api/openapi.json", timeout=10).json()
    return document


@pytest.fixture(scope="module")
def plans(document: dict[str, Any]) -> list[Plan]:
    """Choose the requests once: each role makes the same ones."""
    schema, chosen = schemathesis.openapi.from_dict(document), []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        chosen.append(_plan(schema, found.ok()))
    return chosen


def test_the_document_is_what_the_specification_says(document: dict[str, Any]) -> None:
    schemathesis.openapi.from_dict(document).validate()
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_a_document_that_is_none_is_found_out(document: dict[str, Any]) -> None:
    broken = copy.deepcopy(document)
    broken["paths"]["/api/auth/status"]["get"]["responses"]["200"].pop("description")

    with pytest.raises(jsonschema_rs.ValidationError):
        schemathesis.openapi.from_dict(broken).validate()


@pytest.mark.parametrize("role", Role)
def test_every_answer_is_as_described(
    served: Threaded, document: dict[str, Any], plans: list[Plan], role: Role
) -> None:
    visitor = Visitor(served, role)

    for plan in plans:
        stored = served.run(_store_something)
        for case in plan.cases:
            visitor.ask(case)
        for case in plan.cases_about_stored:
            case.path_parameters = {name: stored[name] for name in case.path_parameters}
            visitor.ask(case)
    visitor.close()

    assert len(visitor.statuses) == sum(len(item) for item in document["paths"].values())
    if visitor.failures:
        pytest.fail("\n\n".join(visitor.failures.values()), pytrace=False)


def _plan(schema: schemathesis.BaseSchema, operation: APIOperation[Any, Any, Any, Any]) -> Plan:
    """Choose requests at the bounds of an operation's data, at random, and at random about what is stored."""
    modes, config = list(GenerationMode), schema.config.generation
    bounds = schema.iter_coverage_cases(operation, generation_modes=modes, generation_config=config)
    cases = list(itertools.islice(bounds, MOST_CASES))
    for mode in modes:
        cases += _drawn(operation.as_strategy(generation_mode=mode))
    parts = {name: "" for name in STORED if f"{{{name}}}" in operation.path}
    if not parts or "/titles/" in operation.path or "/admins/" in operation.path:
        return Plan(cases, [])
    return Plan(cases, _drawn(operation.as_strategy(path_parameters=parts)))


def _drawn(strategy: SearchStrategy[AnyCase]) -> list[AnyCase]:
    cases: list[AnyCase] = []

    @given(case=strategy)
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def draw(case: AnyCase) -> None:
        cases.append(case)

    with suppress(Unsatisfiable):  # no data of an operation that takes none can be bad
        draw()
    return cases


async def _store_something(pool: Pool) -> dict[str, str]:
    """Make a key with a profile and return what names them, and a picture of a film, in addresses."""
    holder = await a_holder(pool)
    async with connection(pool) as db:
        await db.execute(
            "INSERT INTO profiles (key_id, name, kind, settings) VALUES ($1, $2, 'poster', '{}')", holder.id, _PROFILE
        )
    return {"key": holder.key, "id": str(holder.id), "name": _PROFILE, "kind": "poster", **_FILM}
