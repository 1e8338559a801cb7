"""What a ``REDIS_URL`` may say, and that whatever is wrong with one is named at the start."""

from pathlib import Path

import pytest

from shared.config.environment import ConfigError
from shared.config.redis_address import Node, RedisAddress, Topology, parse_redis_url


def parsed(url: str) -> RedisAddress:
    return parse_redis_url("REDIS_URL", url)


@pytest.mark.parametrize(
    ("url", "nodes", "db"),
    [
        ("redis://cache", [("cache", 6379)], 0),
        ("redis://cache/", [("cache", 6379)], 0),
        ("redis://cache:6380/3", [("cache", 6380)], 3),
        ("redis://cache?db=2", [("cache", 6379)], 2),
        ("redis://:word@[::1]:6380/1", [("::1", 6380)], 1),
        ("rediss://user:word@my_cache.example/1", [("my_cache.example", 6379)], 1),
        ("redis+cluster://a:7000,b:7001,[2001:db8::1]:7002", [("a", 7000), ("b", 7001), ("2001:db8::1", 7002)], 0),
        ("rediss+cluster://a/0", [("a", 6379)], 0),
        ("redis+sentinel://a,b:1,c/posters/5", [("a", 26379), ("b", 1), ("c", 26379)], 5),
        ("redis+sentinel://a/posters", [("a", 26379)], 0),
    ],
)
def test_hosts_and_database_are_read(url: str, nodes: list[tuple[str, int]], db: int) -> None:
    address = parsed(url)

    assert [Node(*each) for each in nodes] == list(address.nodes)
    assert db == address.db
    assert url.startswith("rediss") == address.tls


def test_users_and_passwords_are_decoded_and_those_of_sentinels_are_their_own() -> None:
    url = "redis+sentinel://me%40x:p%2Fw%3A%2C@a/posters?sentinel_username=asker&sentinel_password=q%26a"

    address = parsed(url)

    assert (Topology.SENTINEL, "posters") == (address.topology, address.service)
    assert ("me@x", "p/w:,") == (address.username, address.password)
    assert ("asker", "q&a") == (address.sentinel_username, address.sentinel_password)
    assert "p/w" not in repr(address)
    assert "q&a" not in repr(address)


def test_a_socket_has_a_path_and_no_host() -> None:
    address = parsed("unix://me:word@/run/valkey.sock?db=4")

    assert ("/run/valkey.sock", (), 4, "me") == (address.path, address.nodes, address.db, address.username)


def test_options_become_values(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.touch()

    url = f"rediss://cache?ssl_ca_certs={authority}&ssl_check_hostname=false&ssl_cert_reqs=required&socket_timeout=5"
    options = parsed(f"{url}&max_connections=9&client_name=marquee").options

    assert {
        "ssl_ca_certs": str(authority),
        "ssl_check_hostname": False,
        "ssl_cert_reqs": "required",
        "socket_timeout": 5.0,
        "max_connections": 9,
        "client_name": "marquee",
    } == options


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://cache", "must be a URL that begins with redis://"),
        ("redis://[broken/0", "must be a URL that begins with"),
        ("redis://cache/0#part", "must be a URL that begins with"),
        ("redis://", "must have hosts with ports"),
        ("redis://hidden@", "must have hosts with ports"),
        ("redis://cache:0/0", "must have hosts with ports"),
        ("redis://cache:65536/0", "must have hosts with ports"),
        ("redis://a b/0", "must have hosts with ports"),
        ("redis://a,b/0", "must have one host"),
        ("redis+cluster://" + ",".join(["a"] * 33), "at most 32"),
        ("redis://cache/zero", "must end with a database number"),
        ("redis://cache/0/1", "must end with a database number"),
        ("redis://cache/-1", "must end with a database number"),
        ("redis+sentinel://a", "must name the primary"),
        ("redis+cluster://a/1", "a Cluster has database 0 only"),
        ("redis://cache?protocol=3", "has the option 'protocol', which is not known"),
        ("redis://cache?decode_responses=true", "has the option 'decode_responses', which is not known"),
        ("redis://cache?ssl_cert_reqs=none", "has the option ssl_cert_reqs, which only a URL with rediss has"),
        ("rediss://cache?ssl_cert_reqs=maybe", "must be required, optional or none"),
        ("rediss://cache?ssl_ca_certs=/nowhere/ca.pem", "ssl_ca_certs, which must be a file"),
        ("rediss://cache?ssl_check_hostname=perhaps", "must be true or false"),
        ("redis://cache?socket_timeout=0.5", "socket_timeout, which must be at least 1.5 seconds"),
        ("redis://cache?max_connections=many", "max_connections, which must be a number"),
    ],
)
def test_what_is_wrong_is_named_and_the_url_is_not_quoted(url: str, reason: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parsed(url.replace("://", "://me:hidden-word@", 1) if "@" not in url and "[" not in url else url)

    assert str(refused.value).startswith("REDIS_URL ")
    assert reason in str(refused.value)
    assert "hidden" not in str(refused.value)
