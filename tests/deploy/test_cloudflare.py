"""What Cloudflare is told agrees with what the services do, and Terraform, API and page say the same."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from gateway import routes
from renderer.storage.s3_reader import MAX_BYTES
from services.cloudflare import MOST_PREFIXES, MOST_URLS
from shared.domain.cache_lifetime import DIRECT, REDIRECT
from shared.domain.ids import Episode, ExternalId, IdType, TitleKind
from shared.domain.pictures import Format, Kind
from shared.settings.content_url import content_path
from shared.settings.digest import SettingsHash

FOLDER: Final = Path(__file__).parents[2] / "deploy" / "cloudflare"
ENDPOINTS: Final = Path(__file__).parents[1] / "recorded" / "endpoints.json"
PAGE: Final = (FOLDER / "README.md").read_text()
TERRAFORM: Final = "\n".join((FOLDER / name).read_text() for name in ("main.tf", "rules.tf"))
HOST: Final = "posters.example"
LOOK: Final = SettingsHash("0123456789abcdef" * 2)
KEYS: Final = ("0123456789abcdef" * 4, "h." + "ab" * 16, "h-" + "ab" * 16, "t0-free-rpdb")

_TOKEN: Final = re.compile(r'\s*(starts_with|and|or|not|contains|in|[(){},]|"[^"]*"|[a-z_.]+)')


class Expression:
    """The little of the rule language that our rules use; ``not`` binds before ``and``, and that before ``or``."""

    def __init__(self, text: str, **fields: str) -> None:
        self._tokens = [match[1] for match in _TOKEN.finditer(text)]
        assert "".join(self._tokens) == re.sub(r"\s+", "", text), "a token that we do not know"
        self._fields = fields

    def holds(self) -> bool:
        """Tell whether the request is matched."""
        holds = self._any()
        assert [] == self._tokens
        return holds

    def _take(self, *expected: str) -> str:
        token = self._tokens.pop(0)
        assert not expected or token in expected
        return token

    def _any(self) -> bool:
        holds = self._all()
        while self._tokens[:1] == ["or"]:
            self._take()
            holds = self._all() or holds
        return holds

    def _all(self) -> bool:
        holds = self._one()
        while self._tokens[:1] == ["and"]:
            self._take()
            holds = self._one() and holds
        return holds

    def _one(self) -> bool:
        token = self._take()
        if token == "not":
            return not self._one()
        if token == "(":
            holds = self._any()
            self._take(")")
            return holds
        if token == "starts_with":
            self._take("(")
            field = self._field(self._take())
            self._take(",")
            start = self._text(self._take())
            self._take(")")
            return field.startswith(start)
        field = self._field(token)
        if self._take("contains", "in") == "contains":
            return self._text(self._take()) in field
        self._take("{")
        return field in set(self._set())

    def _set(self) -> Iterator[str]:
        while (token := self._take()) != "}":
            yield self._text(token)

    def _field(self, name: str) -> str:
        return self._fields[name.replace(".", "_")]

    @staticmethod
    def _text(token: str) -> str:
        assert token[0] == token[-1] == '"'
        return token[1:-1]


def rules(name: str) -> list[dict[str, Any]]:
    found = json.loads((FOLDER / f"{name}-rules.json").read_text())
    assert ["rules"] == list(found)
    return list(found["rules"])


def settings(url_path: str, host: str = HOST) -> dict[str, Any]:
    """Return what the cache rules set for an address: of several that match, the last counts."""
    chosen: dict[str, Any] = {}
    for rule in rules("cache"):
        if Expression(rule["expression"], http_host=host, http_request_uri_path=url_path).holds():
            chosen |= rule["action_parameters"]
    return chosen


TITLES: Final = (
    ExternalId(IdType.IMDB, 17136),
    ExternalId(IdType.TMDB, 19, TitleKind.MOVIE),
    ExternalId(IdType.TVDB, 81189),
    ExternalId(IdType.IMDB, 903747, None, Episode(1, 1)),
)


@pytest.mark.parametrize("fmt", Format)
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("title", TITLES, ids=str)
def test_a_picture_is_kept_as_long_as_the_renderer_says(title: ExternalId, kind: Kind, fmt: Format) -> None:
    found = settings(content_path(LOOK, title, kind, fmt))

    assert (True, {"mode": "bypass_by_default"}) == (found["cache"], found["edge_ttl"])


@pytest.mark.parametrize("title", ["imdb/poster-default/tt0017136.jpg", "tmdb/my-look/movie-19", "tvdb/logo-default/1"])
@pytest.mark.parametrize("key", KEYS)
def test_what_a_keyed_address_answers_is_kept_as_long_as_the_gateway_says(key: str, title: str) -> None:
    found = settings(f"/{key}/{title}")

    assert (True, {"mode": "bypass_by_default"}) == (found["cache"], found["edge_ttl"])


def management() -> set[str]:
    """Return the path of every endpoint under ``/api``, with 1 for each part that varies."""
    endpoints = json.loads(ENDPOINTS.read_text())  # tests/gateway/test_recorded_interface.py keeps it true
    return {re.sub(r"\{[^}]*\}", "1", path) for path in endpoints if path.startswith("/api/")}


def test_the_table_of_routes_has_addresses_of_management() -> None:
    assert "/api/auth/" in {path[:10] for path in management()}


@pytest.mark.parametrize(
    "path",
    [
        *sorted(management()),
        *(re.sub(r"\{[^}]*\}", key, route) for route in (routes.IS_VALID, routes.REQUESTS) for key in KEYS),
        *("/", "/index.html", "/docs", "/assets/app.js", "/livez", "/readyz", "/metrics", "/cinema/x.jpg"),
        "/api/keys/1/settings",
        f"/api/{KEYS[0]}/imdb/poster-default/tt0017136.jpg",
    ],
)
def test_nothing_else_is_kept_whatever_it_is_called(path: str) -> None:
    assert {"cache": False} == settings(path)


def test_other_hosts_of_the_zone_are_left_alone() -> None:
    assert {} == settings("/c/x.jpg", "www.elsewhere.example")


def test_only_what_every_plan_has_and_never_a_method_stands_in_an_expression() -> None:
    expressions = [rule["expression"] for name in ("cache", "config") for rule in rules(name)]

    assert [] == [text for text in expressions if "matches" in text or "method" in text]
    assert all(text.startswith(f'http.host in {{"{HOST}"}}') for text in expressions)
    assert [] == [rule["ref"] for rule in rules("cache") if "cache_key" in rule["action_parameters"]]


def test_no_rule_invents_a_lifetime_or_forbids_stale_answers() -> None:
    kept = [rule["action_parameters"] for rule in rules("cache") if rule["action_parameters"]["cache"]]

    assert 2 == len(kept)
    for parameters in kept:
        assert "default" not in parameters["edge_ttl"] | parameters["browser_ttl"]
        assert "status_code_ttl" not in parameters["edge_ttl"]
        assert {"disable_stale_while_updating": False} == parameters["serve_stale"]
        assert parameters["respect_strong_etags"]


def test_the_matcher_tells_right_from_wrong() -> None:
    fields = {"http_host": "a", "http_request_uri_path": "/c/x"}

    held = [
        Expression(text, **fields).holds()
        for text in (
            'http.host in {"b" "a"}',
            'not http.host in {"a"} or starts_with(http.request.uri.path, "/c/")',
            'http.host in {"b"} and (http.host in {"b"} or http.request.uri.path contains "c")',
            'not (http.request.uri.path contains "/d/")',
        )
    ]

    assert [True, True, False, True] == held


def bodies() -> list[Any]:
    """Return the bodies of the page's calls, and its other pieces of JSON."""
    return [json.loads(text) for text in (*re.findall(r"-d '([^']*)'", PAGE), *re.findall(r"```json\n(.*?)```", PAGE))]


def test_the_calls_of_the_page_say_what_terraform_says() -> None:
    values = re.findall(r'value += "(\w+)"', TERRAFORM)

    said = [body["value"] for body in bodies() if "value" in body]

    assert ["on", "on", "off"] == said
    assert [*said, "on"] == values  # the last is Cache Reserve, which is asked for apart
    assert "argo/tiered_caching" in PAGE
    assert "cloudflare_argo_tiered_caching" in TERRAFORM
    assert "cache/tiered_cache_smart_topology_enable" in PAGE
    assert "cloudflare_tiered_cache" in TERRAFORM
    assert "settings/always_online" in PAGE
    assert 'setting_id = "always_online"' in TERRAFORM


def test_terraform_and_the_calls_read_the_same_files_for_the_same_phases() -> None:
    phases = re.findall(r'phase += "(\w+)"', TERRAFORM)

    assert phases == re.findall(r"rulesets/phases/(\w+)/entrypoint", PAGE)
    for name in ("cache-rules.json", "config-rules.json"):
        assert f'file("${{path.module}}/{name}")' in TERRAFORM
        assert f"/' {name} |" in PAGE


def test_what_is_purged_by_hand_is_an_address_of_ours() -> None:
    (file,) = next(body["files"] for body in bodies() if "files" in body)
    (prefix,) = next(body["prefixes"] for body in bodies() if "prefixes" in body)

    assert f"https://{HOST}{content_path(LOOK, TITLES[0], Kind.POSTER, Format.JPG)}" == file
    assert file.startswith(f"https://{prefix}")


def test_the_figures_of_the_page_are_those_of_the_code() -> None:
    assert [str(MOST_URLS)] == re.findall(r"(\d+) addresses a call", PAGE)
    assert [str(MOST_PREFIXES)] == re.findall(r"(\d+) prefixes a call", PAGE)
    assert [str(MAX_BYTES >> 20)] == re.findall(r"our largest object is (\d+) MB", PAGE)
    assert ("max-age=300,", "max-age=3600,") == (REDIRECT.split()[1], DIRECT.split()[1])
    assert "says: 300 s, for each key; where the gateway streams the picture itself, 3600 s |" in PAGE


def test_every_rule_is_in_the_table_of_the_page() -> None:
    assert [rule["ref"] for rule in rules("cache")] == re.findall(r"^\| `(\w+)`", PAGE, re.MULTILINE)[:3]


@pytest.fixture
def terraform() -> str:
    found = shutil.which("terraform")
    if found is None:
        pytest.skip("terraform is not installed")
    return found


def run(command: list[str], folder: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ.get("PATH", os.defpath), "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull}  # noqa: TID251 - to find the program
    return subprocess.run(  # noqa: S603 - our own files
        command, cwd=folder, env=env, input=text, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_files_are_terraform_and_in_its_form(terraform: str) -> None:
    ran = run([terraform, "fmt", "-check", "-diff", "-no-color"], FOLDER)

    assert (0, "") == (ran.returncode, ran.stdout), ran.stderr


@pytest.mark.parametrize(
    ("variables", "hosts", "refs"),
    [
        ({}, '"a.example"', ["marquee_bypass", "marquee_pictures", "marquee_redirects"]),
        ({"cache_redirects": "false"}, '"a.example" "b.example"', ["marquee_bypass", "marquee_pictures"]),
    ],
)
def test_terraform_makes_the_rules_of_the_file_for_the_hosts_it_is_given(
    terraform: str, tmp_path: Path, variables: dict[str, str], hosts: str, refs: list[str]
) -> None:
    for name in ("rules.tf", "cache-rules.json", "config-rules.json"):  # without the provider, which it would download
        shutil.copy(FOLDER / name, tmp_path)
    given = {"hosts": json.dumps(hosts.replace('"', "").split()), **variables}
    told = [word for name, value in given.items() for word in ("-var", f"{name}={value}")]

    ran = run([terraform, "console", *told], tmp_path, "jsonencode([local.cache_rules, local.config_rules])\n")

    assert 0 == ran.returncode, ran.stderr
    expected = [
        [
            rule | {"expression": rule["expression"].replace(f'"{HOST}"', hosts)}
            for rule in rules(name)
            if name == "config" or rule["ref"] in refs
        ]
        for name in ("cache", "config")
    ]
    assert expected == json.loads(json.loads(ran.stdout))


def test_terraform_refuses_a_host_that_is_none(terraform: str, tmp_path: Path) -> None:
    for name in ("rules.tf", "cache-rules.json", "config-rules.json"):
        shutil.copy(FOLDER / name, tmp_path)

    ran = run([terraform, "console", "-var", 'hosts=["https://a.example"]'], tmp_path, "local.hosts\n")

    assert 0 != ran.returncode
    assert "without a scheme" in ran.stderr
