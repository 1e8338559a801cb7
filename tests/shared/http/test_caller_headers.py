"""Reading headers line by line finds what reading all of them at once would, and keeps nothing of anybody."""

import pytest

from shared.http.caller_headers import CallerHeaders
from tests.shared.http.test_fast_path import PROXIES

PROXY, CALLER = ("127.0.0.1", 1), ("198.51.100.9", 1)
HOST = "Host: posters.example"
AGENT = "User-Agent: Mozilla/5.0"


def block(*lines: str) -> str:
    return "\r\n".join([*lines, "", ""])


@pytest.fixture
def headers() -> CallerHeaders:
    return CallerHeaders(PROXIES, is_traced=False, ignored=["range"])


def test_each_request_belongs_to_the_client_that_its_own_lines_name(headers: CallerHeaders) -> None:
    clients = ["203.0.113.1", "203.0.113.2", "203.0.113.1"]

    found = [headers.client(PROXY, block(HOST, f"X-Forwarded-For: {client}", AGENT)) for client in clients]

    assert clients == found
    assert "127.0.0.1" == headers.client(PROXY, block(HOST, AGENT))
    assert "203.0.113.3" == headers.client(PROXY, block(HOST, "CF-Connecting-IP:203.0.113.3"))
    assert "198.51.100.9" == headers.client(CALLER, block(HOST, f"X-Forwarded-For: {clients[0]}", AGENT))


@pytest.mark.parametrize(
    "lines",
    [
        [AGENT],
        [HOST, HOST],
        [HOST, AGENT, "user-agent: other"],
        [HOST, "X-Forwarded-For: 203.0.113.1", "X-Forwarded-For: 203.0.113.1"],
        [HOST, "no colon"],
        [HOST, "User-Agent: a\x01b"],
        [HOST, "Connection: close"],
        [HOST, "X-Unknown: 1"],
        [HOST, ""],
    ],
)
def test_what_is_refused_stays_refused_when_its_lines_are_known(headers: CallerHeaders, lines: list[str]) -> None:
    for line in lines:
        headers.client(PROXY, block(HOST, line))
        headers.client(PROXY, block(line))

    assert [None, None] == [headers.client(PROXY, block(*lines)) for _ in range(2)]


def test_lines_that_others_send_too_are_remembered_and_those_of_one_caller_are_not(headers: CallerHeaders) -> None:
    own = ["Cookie: session=secret", "Referer: https://a.example/?key=secret", "X-Forwarded-For: 203.0.113.1"]

    headers.client(PROXY, block(HOST, AGENT, *own, "X-Request-ID: 01HF", f"Accept: {'a' * 200}", "Range: bytes=0-9"))

    assert {HOST, AGENT, "Range: bytes=0-9"} == set(headers._names)


def test_however_many_lines_are_sent_few_are_remembered(headers: CallerHeaders) -> None:
    for number in range(3000):
        assert "127.0.0.1" == headers.client(PROXY, block(HOST, f"User-Agent: {number}"))

    assert len(headers._names) <= 1024
