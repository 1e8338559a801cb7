"""Every word that libpq knows is honoured or refused by its name, and no refusal shows a password."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.config.database_url import DatabaseHost, parse_database_url
from shared.config.environment import ConfigError, Secret
from shared.config.process import load_database_url
from tests.certificates import Authority
from tests.recorded_inputs import CASES, needs

BASE = "postgresql://marquee:sesame@db.example/posters"
URLS = CASES / "database-urls.txt"
HOSTED = (
    f"{BASE}?sslmode=require&channel_binding=require",
    "postgresql://marquee:sesame@a.example:5432,b.example:5432/posters?target_session_attrs=read-write",
    "postgresql://marquee:ses#ame@db.example/posters",
)


def refusal(text: str) -> str:
    """Return the sentence with which a URL is refused."""
    with pytest.raises(ConfigError) as refused:
        load_database_url({"DATABASE_URL": text})
    return str(refused.value)


def test_what_hosted_servers_hand_out_is_taken_or_refused_by_its_name() -> None:
    binding, several, fragment = HOSTED

    assert refusal(binding).startswith("DATABASE_URL: channel_binding must be prefer or disable.")
    assert several == load_database_url({"DATABASE_URL": several})
    assert "DATABASE_URL contains a #: percent-encode it, as %23 in the password." == refusal(fragment)


@needs(URLS)
def test_the_cases_that_failed_in_public_are_taken_or_refused_by_their_name() -> None:
    urls = [line.split()[0] for line in URLS.read_text().splitlines() if line.startswith("postgres")]
    binding, several, fragment = urls

    assert "channel_binding" in refusal(binding)
    assert parse_database_url(several).needs_primary
    assert "percent-encode" in refusal(fragment)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_the_parts_of_a_url_are_decoded(scheme: str) -> None:
    url = parse_database_url(f"{scheme}://us%40er:p%23%2F%3F%40%25:w@db.example:6432/post%20ers")

    assert ("us@er", "p#/?@%:w", "post ers") == (url.user, url.password, url.database)
    assert (DatabaseHost("db.example", 6432),) == url.hosts
    assert isinstance(url.password, Secret)


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("postgres://db", [("db", 5432)]),
        ("postgres://[2001:db8::1]:6000/x", [("2001:db8::1", 6000)]),
        ("postgres://a,b:1,[::1]/x", [("a", 5432), ("b", 1), ("::1", 5432)]),
        ("postgres://a,b/x?port=7", [("a", 7), ("b", 7)]),
        ("postgres:///x?host=a,b&port=1,2", [("a", 1), ("b", 2)]),
        ("postgres://u@/x?host=/var/run/postgresql", [("/var/run/postgresql", 5432)]),
        ("postgres://%2Fvar%2Frun%2Fpostgresql:6/x", [("/var/run/postgresql", 6)]),
        ("postgres://ignored/x?host=%2Ftmp", [("/tmp", 5432)]),  # noqa: S108 - the folder of a socket
    ],
)
def test_hosts_and_folders_of_sockets_are_read_as_libpq_does(text: str, hosts: list[tuple[str, int]]) -> None:
    assert hosts == [(each.host, each.port) for each in parse_database_url(text).hosts]


@pytest.mark.parametrize(
    ("query", "needs_primary"),
    [("", False), ("?target_session_attrs=any", False), ("?target_session_attrs=primary", True)],
)
def test_one_host_is_taken_as_it_is_unless_the_url_says_otherwise(query: str, *, needs_primary: bool) -> None:
    assert needs_primary == parse_database_url(BASE + query).needs_primary


def test_of_several_hosts_one_that_takes_writes_is_wanted_unless_the_url_says_otherwise() -> None:
    several = "postgres://a,b/x"

    assert parse_database_url(several).needs_primary
    assert not parse_database_url(f"{several}?target_session_attrs=any").needs_primary


def test_what_is_said_of_the_session_and_the_socket_is_read() -> None:
    words = "connect_timeout=7&application_name=a%20b&options=-c%20x%3D1&keepalives=0&keepalives_idle=9&pgbouncer=true"
    url = parse_database_url(f"{BASE}?{words}")

    assert (7, {"application_name": "a b", "options": "-c x=1"}, True) == (url.connect_s, url.settings, url.is_pooled)
    assert (False, 9) == (url.keep_alive.on, url.keep_alive.idle_s)
    assert {"application_name": "marquee"} == parse_database_url(BASE).settings
    assert "b" == parse_database_url(f"{BASE}?fallback_application_name=b").settings["application_name"]


def test_the_last_of_two_words_counts_and_an_empty_one_is_not_given() -> None:
    url = parse_database_url(f"{BASE}?user=&password=other&connect_timeout=3&connect_timeout=4&dbname=x")

    assert ("marquee", "other", 4, "x") == (url.user, url.password, url.connect_s, url.database)


@pytest.mark.parametrize(
    "query",
    [
        *(f"sslmode={mode}" for mode in ("disable", "allow", "prefer", "require")),
        "sslmode=verify-full&sslrootcert=system",
        "sslrootcert=system",
        "ssl=true",
        "channel_binding=prefer",
        "channel_binding=disable",
        "gssencmode=disable",
        "gssencmode=prefer",
        "sslsni=1&sslcompression=0&client_encoding=UTF8&load_balance_hosts=disable",
        "ssl_min_protocol_version=TLSv1.3&sslnegotiation=direct&sslmode=require",
        "keepalives_interval=5&keepalives_count=3&tcp_user_timeout=1000",
        "",
    ],
)
def test_what_can_be_honoured_is_taken(query: str) -> None:
    parse_database_url(f"{BASE}?{query}")


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("sslmode=on", "sslmode"),
        ("sslmode=verify-full", "sslrootcert"),
        ("sslmode=verify-ca&sslrootcert=/none", "sslrootcert"),
        ("sslmode=require&sslrootcert=system", "sslmode"),
        ("sslcert=/none", "sslcert"),
        ("sslkey=/none", "sslkey"),
        ("sslcrl=/none", "sslcrl"),
        ("ssl=false", "ssl"),
        ("sslnegotiation=direct", "sslnegotiation"),
        ("ssl_min_protocol_version=SSLv3", "ssl_min_protocol_version"),
        ("channel_binding=require", "channel_binding"),
        ("gssencmode=require", "gssencmode"),
        ("target_session_attrs=standby", "target_session_attrs"),
        ("target_session_attrs=read-only", "target_session_attrs"),
        ("target_session_attrs=prefer-standby", "target_session_attrs"),
        ("connect_timeout=0", "connect_timeout"),
        ("connect_timeout=-1", "connect_timeout"),
        ("connect_timeout=ten", "connect_timeout"),
        ("connect_timeout=", "connect_timeout"),
        ("keepalives_idle=1s", "keepalives_idle"),
        ("load_balance_hosts=random", "load_balance_hosts"),
        ("client_encoding=LATIN1", "client_encoding"),
        ("hostaddr=10.0.0.1", "hostaddr"),
        ("service=prod", "service"),
        ("require_auth=scram-sha-256", "require_auth"),
        ("requirepeer=postgres", "requirepeer"),
        ("krbsrvname=postgres", "krbsrvname"),
        ("replication=true", "replication"),
        ("schema=public", "schema"),
        ("connection_limit=1", "connection_limit"),
        ("SSLMODE=require", "SSLMODE"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_its_name(query: str, name: str) -> None:
    said = refusal(f"{BASE}?{query}")

    assert said.startswith("DATABASE_URL: ")
    assert name in said
    assert "sesame" not in said


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://marquee:ses#ame@db.example/posters",
        "postgresql://marquee:ses/ame@db.example/posters",
        "postgresql://marquee:ses?ame@db.example/posters",
        "postgresql://marquee:ses@ame@db.example/posters",
        "postgresql://marquee:ses%ame@db.example/posters",
        "postgresql://marquee:ses ame@db.example/posters",
    ],
)
def test_a_password_that_is_not_percent_encoded_is_refused_with_what_to_do(text: str) -> None:
    said = refusal(text)

    assert said.startswith("DATABASE_URL ")
    assert "percent-encode" in said
    assert not {"ses", "ame"} & set(said.split())


@pytest.mark.parametrize(
    "text",
    [
        "mysql://db/x",
        "postgresql+asyncpg://db/x",
        "host=db dbname=x",
        "postgres://",
        "postgres:///x",
        "postgres://u:sesame@/x",
        "postgres://a,,b/x",
        "postgres://@hidden,/x",
        "postgres://db:0/x",
        "postgres://db:65536/x",
        "postgres://db:port/x",
        "postgres://::1/x",
        "postgres://[::1/x",
        "postgres://a,b/x?port=1,2,3",
        "postgres:///x?host=",
        f"postgres://{','.join(['h'] * 17)}/x",
        f"{BASE}?sslmode",
        f"{BASE}?=x",
        f"{BASE}?sesame=x=y",
    ],
)
def test_a_url_that_says_no_server_is_refused_in_one_sentence(text: str) -> None:
    said = refusal(text)

    assert said.startswith("DATABASE_URL")
    assert 1 == len(said.splitlines())


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for url in (text, f"postgres://{text}", f"{BASE}?{text}"):
        said = ""
        try:
            parse_database_url(url)
        except ConfigError as error:
            said = str(error)
        assert "sesame" not in said


def test_nothing_that_is_read_shows_a_password() -> None:
    shown = repr(parse_database_url(f"{BASE}?sslpassword=open-sesame"))

    assert "sesame" not in shown


def test_files_of_certificates_are_checked_at_the_start(tmp_path: Path) -> None:
    authority = Authority.create(tmp_path)
    client, other = authority.issue("marquee"), authority.issue("other")
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no certificate")

    parse_database_url(
        f"{BASE}?sslmode=verify-full&sslrootcert={authority.file}&sslcert={client.file}&sslkey={client.key}"
    )
    assert "sslrootcert" in refusal(f"{BASE}?sslrootcert={garbage}")
    assert "sslcert, sslkey" in refusal(f"{BASE}?sslcert={client.file}&sslkey={other.key}")
    assert "sslkey needs sslcert" in refusal(f"{BASE}?sslkey={client.key}")
