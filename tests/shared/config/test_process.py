"""A config is complete and valid, or the process does not start and says why in one line."""

from pathlib import Path

import pytest

from gateway.config import load_gateway
from renderer.config import DiskConfig, load_renderer
from shared.config.environment import Address, ConfigError, Secret
from shared.config.process import load_database_url, load_or_exit
from shared.domain.cache_lifetime import LifetimeRule

GATEWAY = {
    "DATABASE_URL": "postgresql://marquee:hidden@db/marquee",
    "REDIS_URL": "redis://cache:6379/0",
    "CONTENT_BASE_URL": "https://img.example/",
    "JWT_SECRET": "ab" * 32,
}
RENDERER = {
    "DATABASE_URL": "postgresql://db/marquee",
    "REDIS_URL": "redis://cache/0",
    "S3_BUCKET": "pictures",
    "TMDB_API_KEY": "tmdb-key",
    "MDBLIST_API_KEY": "mdblist-key",
}
FANART = {"FANART_API_KEY": "fanart-key"}


def test_a_gateway_needs_four_values_and_has_defaults_for_the_rest() -> None:
    config = load_gateway(GATEWAY)

    assert Address("0.0.0.0", 3000) == config.listen  # noqa: S104 - the default of a service in a pod
    assert Address("127.0.0.1", 3100) == config.metrics
    assert "https://img.example" == config.content_base_url
    assert (None, None, 10_000) == (config.free_key_enabled, config.admin, config.render_queue_max)
    assert (True, True, None) == (config.redirects, config.rate_limits, config.cors_origin)
    assert config.content_base_url == config.renderer_url


def test_a_renderer_needs_five_values_and_has_defaults_for_the_rest() -> None:
    config = load_renderer(RENDERER)

    assert LifetimeRule(86_400, 31_536_000, 15_552_000) == config.freshness
    assert (85, 2.0, 256 << 20) == (config.image_quality, config.render_wait_s, config.image_mem_cache_bytes)
    assert "https://api.themoviedb.org/3" == config.sources.tmdb_api_url


def test_trusted_proxies_are_addresses_and_networks_of_both_kinds() -> None:
    config = load_gateway(GATEWAY | {"TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::/32,192.0.2.7"})

    assert ["10.0.0.0/8", "2001:db8::/32", "192.0.2.7/32"] == [str(network) for network in config.trusted_proxies]
    assert ((), True) == (load_gateway(GATEWAY).trusted_proxies, config.cookie_secure)


@pytest.mark.parametrize("empty", [{}, {"FANART_API_KEY": ""}])
def test_fanart_is_used_only_with_a_key(empty: dict[str, str]) -> None:
    without, given = load_renderer(RENDERER | empty).sources, load_renderer(RENDERER | FANART).sources

    assert ((), ("fanart-key",)) == (without.fanart_api_keys, given.fanart_api_keys)
    assert "https://webservice.fanart.tv/v3" == without.fanart_api_url == given.fanart_api_url


@pytest.mark.parametrize("name", sorted(GATEWAY))
@pytest.mark.parametrize("empty", ["", "  ", None])
def test_a_missing_or_empty_value_of_the_gateway_is_named(name: str, empty: str | None) -> None:
    given = {key: value for key, value in GATEWAY.items() if key != name} | ({} if empty is None else {name: empty})

    with pytest.raises(ConfigError, match=f"^{name} "):
        load_gateway(given)


@pytest.mark.parametrize("name", sorted(set(RENDERER) - {"MDBLIST_API_KEY"}))
def test_a_missing_value_of_the_renderer_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name} "):
        load_renderer({key: value for key, value in RENDERER.items() if key != name})


def test_one_rating_source_is_enough_and_none_is_not() -> None:
    without = {key: value for key, value in RENDERER.items() if key != "MDBLIST_API_KEY"}

    assert () == load_renderer(without | {"OMDB_API_KEY": "omdb-key"}).sources.mdblist_api_keys
    with pytest.raises(ConfigError, match="MDBLIST_API_KEY and OMDB_API_KEY"):
        load_renderer(without)


def test_a_source_may_have_several_keys_and_no_key_twice() -> None:
    sources = load_renderer(RENDERER | {"TMDB_API_KEY": " a, b ,a", "OMDB_DAILY_LIMIT": "1000"}).sources

    assert (("a", "b"), ("mdblist-key",)) == (sources.tmdb_api_keys, sources.mdblist_api_keys)
    assert (0, 1000) == (sources.mdblist_daily_limit, sources.omdb_daily_limit)


@pytest.mark.parametrize("name", ["TMDB_API_KEY", "MDBLIST_API_KEY", "OMDB_API_KEY", "FANART_API_KEY"])
@pytest.mark.parametrize("keys", ["word,", ",word", "word,,other", ",", "word, ,other", ",".join(map(str, range(33)))])
def test_a_malformed_list_of_keys_is_refused_without_quoting_a_key(name: str, keys: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name} must be ") as refused:
        load_renderer(RENDERER | {name: keys})

    assert "word" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTEN_ADDR", "3000"),
        ("LISTEN_ADDR", "127.0.0.1:0"),
        ("LISTEN_ADDR", "127.0.0.1:65536"),
        ("METRICS_ADDR", "a b:1"),
        ("DATABASE_URL", "mysql://db/x"),
        ("DATABASE_URL", "postgresql://[broken/x"),
        ("REDIS_URL", "http://cache"),
        ("CONTENT_BASE_URL", "img.example"),
        ("JWT_SECRET", "ab" * 31),
        ("JWT_SECRET", "zz" * 32),
        ("JWT_SECRET", "ab" * 32 + ",zz" + "ab" * 31),
        ("JWT_SECRET", "ab" * 32 + ","),
        ("JWT_SECRET", ",".join(("ab" * 32, "cd" * 32, "ef" * 32))),
        ("FREE_KEY_ENABLED", "maybe"),
        ("COOKIE_SECURE", "perhaps"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", ",".join(["10.0.0.1"] * 257)),
        ("RENDER_QUEUE_MAX", "0"),
        ("RENDER_QUEUE_MAX", "-1"),
        ("RENDER_QUEUE_MAX", "9" * 400),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("ENABLE_CDN_REDIRECTS", "sometimes"),
        ("RENDERER_URL", "renderer:3001"),
        ("RATE_LIMITS_ENABLED", "perhaps"),
        ("CORS_ORIGIN", "posters.example"),
        ("CORS_ORIGIN", "https://posters.example/admin"),
        ("CORS_ORIGIN", "https://somebody@posters.example"),
    ],
)
def test_a_bad_value_of_the_gateway_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}[ =]"):
        load_gateway(GATEWAY | {name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IMAGE_QUALITY", "101"),
        ("IMAGE_MEM_CACHE_MB", "1.5"),
        ("RENDER_CONCURRENCY", "0"),
        ("RENDER_WAIT_MS", "soon"),
        ("RATINGS_STALE_SECS", "0"),
        ("IMAGE_STALE_SECS", "-1"),
        ("HOUSEKEEPING_DAYS", "6"),
        ("HOUSEKEEPING_DAYS", "x"),
        ("REDRAWS_PER_MINUTE", "-1"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("RATINGS_MAX_AGE_SECS", "3600"),  # less than the default of RATINGS_STALE_SECS
        ("EXTERNAL_CACHE_ONLY", "perhaps"),
        ("CACHE_DIR_MAX_MB", "15"),
        ("CACHE_DIR_MAX_MB", "1 GB"),
        ("S3_ENDPOINT_URL", "ftp://s3"),
        ("TMDB_API_URL", "://"),
        ("FANART_API_URL", "webservice.fanart.tv/v3"),
        ("MDBLIST_DAILY_LIMIT", "-1"),
        ("OMDB_DAILY_LIMIT", "many"),
    ],
)
def test_a_bad_value_of_the_renderer_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}[ =]"):
        load_renderer(RENDERER | {name: value})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("S3_BUCKETT", "S3_BUCKET"),
        ("RENDER_WAIT_MSEC", "RENDER_WAIT_MS"),
        ("TMDB_APIKEY", "TMDB_API_KEY"),
        ("FANART_APIKEY", "FANART_API_KEY"),
        ("CACHE_DIR_MAX_BM", "CACHE_DIR_MAX_MB"),
        ("FANART_API_ULR", "FANART_API_URL"),
    ],
)
def test_a_misspelt_name_is_refused_with_a_suggestion(name: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{name} .* did you mean {meant}\?$"):
        load_renderer(RENDERER | {name: "x"})


def test_local_disk_is_off_by_default_and_no_folder_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "new"

    config = load_renderer(RENDERER | {"CACHE_DIR": str(folder)})

    assert (None, False) == (config.disk, folder.exists())


def test_local_disk_creates_its_folder_and_has_a_limit(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "where"
    wanted = RENDERER | {"EXTERNAL_CACHE_ONLY": "no", "CACHE_DIR": str(folder)}

    plain, small = load_renderer(wanted), load_renderer(wanted | {"CACHE_DIR_MAX_MB": "16"})

    assert (DiskConfig(folder, 1024 << 20), DiskConfig(folder, 16 << 20)) == (plain.disk, small.disk)
    assert [] == list(folder.iterdir())


@pytest.mark.parametrize("folder", ["", "cache", "/proc/marquee", "/dev/null", "/dev/null/cache", "/\0"])
def test_an_unusable_folder_is_refused(folder: str) -> None:
    with pytest.raises(ConfigError, match=r"^CACHE_DIR (is not set|must be )"):
        load_renderer(RENDERER | {"EXTERNAL_CACHE_ONLY": "false", "CACHE_DIR": folder})


def test_other_variables_are_ignored() -> None:
    load_renderer(RENDERER | {"RENDERER_SERVICE_HOST": "10.0.0.1", "RENDERER_PORT": "tcp://x", "PATH": "/bin"})


@pytest.mark.parametrize("pair", [{"ADMIN_USERNAME": "admin"}, {"ADMIN_PASSWORD": "secret-word"}])
def test_an_admin_without_name_or_password_is_refused(pair: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="together"):
        load_gateway(GATEWAY | pair)


def test_one_s3_key_without_the_other_is_refused() -> None:
    with pytest.raises(ConfigError, match="together"):
        load_renderer(RENDERER | {"AWS_ACCESS_KEY_ID": "id"})


def test_secrets_are_hidden_in_repr() -> None:
    shown = repr(load_gateway(GATEWAY)) + repr(load_renderer(RENDERER | FANART))

    assert not any(secret in shown for secret in ("hidden", "ab" * 32, "tmdb-key", "mdblist-key", "fanart-key"))
    assert "tmdb-key" == Secret("tmdb-key")


def test_a_bad_config_ends_the_program_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        load_or_exit(lambda: load_database_url({}))

    assert 1 == stopped.value.code
    assert "marquee cannot start: DATABASE_URL is not set, and there is no default for it.\n" == capsys.readouterr().err


EDGE = {
    "CLOUDFLARE_ZONE_ID": "0" * 32,
    "CLOUDFLARE_API_TOKEN": "token",
    "CONTENT_BASE_URL": "https://posters.example",
}


def test_a_cdn_is_purged_when_zone_and_token_are_set() -> None:
    edge = load_renderer(RENDERER | EDGE).edge

    assert edge is not None
    assert ("https://posters.example", "https://api.cloudflare.com/client/v4") == (edge.content_base_url, edge.api_url)
    assert None is load_renderer(RENDERER).edge


@pytest.mark.parametrize("missing", EDGE)
def test_a_zone_without_a_token_or_the_reverse_is_refused(missing: str) -> None:
    with pytest.raises(ConfigError, match=missing):
        load_renderer({name: text for name, text in (RENDERER | EDGE).items() if name != missing})


def test_a_malformed_zone_is_refused() -> None:
    with pytest.raises(ConfigError, match="CLOUDFLARE_ZONE_ID"):
        load_renderer(RENDERER | EDGE | {"CLOUDFLARE_ZONE_ID": "posters.example"})
