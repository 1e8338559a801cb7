import ipaddress

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from shared.config.environment import Network
from shared.http.client_ip import ClientIps

TRUSTED = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "2001:db8::/32", "192.0.2.7")]
CLIENTS = ClientIps(TRUSTED)

CASES = {
    "nobody in front": ("203.0.113.9", [], None, "203.0.113.9"),
    "an untrusted peer's word": ("203.0.113.9", ["1.2.3.4"], "1.2.3.4", "203.0.113.9"),
    "a proxy's caller": ("10.1.1.1", ["1.2.3.4"], None, "1.2.3.4"),
    "what the caller wrote before the proxy's word": ("10.1.1.1", ["6.6.6.6, 1.2.3.4"], None, "1.2.3.4"),
    "a chain of proxies": ("10.1.1.1", ["6.6.6.6, 1.2.3.4, 10.2.2.2,192.0.2.7"], None, "1.2.3.4"),
    "several headers": ("10.1.1.1", ["6.6.6.6, 1.2.3.4", "10.2.2.2"], None, "1.2.3.4"),
    "only proxies": ("10.1.1.1", ["10.3.3.3, 10.2.2.2"], None, "10.3.3.3"),
    "what is no address": ("10.1.1.1", ["1.2.3.4, unknown"], None, "10.1.1.1"),
    "nothing in the header": ("10.1.1.1", [""], None, "10.1.1.1"),
    "ports": ("10.1.1.1", ["1.2.3.4:5678"], None, "1.2.3.4"),
    "brackets": ("10.1.1.1", ["[2001:dead::1]:443"], None, "2001:dead::/64"),
    "Cloudflare's header": ("10.1.1.1", [], "1.2.3.4", "1.2.3.4"),
    "Cloudflare's header beside the other": ("10.1.1.1", ["1.2.3.4"], "6.6.6.6", "1.2.3.4"),
    "one household": ("2001:dead:beef:1:aaaa::1", [], None, "2001:dead:beef:1::/64"),
    "one household, as a gateway spells it": ("10.1.1.1", ["2001:dead:beef:1::/64"], None, "2001:dead:beef:1::/64"),
    "what is no household": ("10.1.1.1", ["2001:dead:beef:1::/48"], None, "10.1.1.1"),
    "a proxy of IPv6": ("2001:db8::1", ["2001:dead::5"], None, "2001:dead::/64"),
    "IPv4 in the clothes of IPv6": ("::ffff:10.1.1.1", ["::ffff:1.2.3.4"], None, "1.2.3.4"),
    "what is too long for an address": ("10.1.1.1", ["1.2.3.4" + " " * 100], None, "10.1.1.1"),
    "a zone": ("fe80::1%eth0", [], None, "fe80::/64"),
    "no peer": ("", ["1.2.3.4"], None, "unknown"),
}


@pytest.mark.parametrize(("peer", "forwarded", "connecting", "expected"), CASES.values(), ids=CASES)
def test_a_client_is_known_by(peer: str, forwarded: list[str], connecting: str | None, expected: str) -> None:
    assert expected == CLIENTS.name(peer, forwarded, connecting)


@given(forwarded=st.lists(st.text()), connecting=st.none() | st.text())
def test_headers_of_an_untrusted_peer_do_not_change_its_address(forwarded: list[str], connecting: str | None) -> None:
    assert "203.0.113.9" == CLIENTS.name("203.0.113.9", forwarded, connecting)


@given(forwarded=st.lists(st.text()), connecting=st.none() | st.text())
def test_any_proxy_header_gives_an_address(forwarded: list[str], connecting: str | None) -> None:
    assert CLIENTS.name("10.1.1.1", forwarded, connecting)


def request_from(peer: str, **headers: str) -> web.Request:
    """Return a request from this peer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", "/", named).clone(remote=peer)


class Deaf:
    """A request whose headers must not be read."""

    remote = "203.0.113.9"

    @property
    def headers(self) -> None:
        raise AssertionError("looked at")


@pytest.mark.parametrize("trusted", [[], TRUSTED], ids=["nobody trusted", "the peer not trusted"])
def test_no_header_of_an_untrusted_peer_is_read(trusted: list[Network]) -> None:
    assert "203.0.113.9" == ClientIps(trusted).of(Deaf())  # type: ignore[arg-type]  # it stands for a request


def test_a_trusted_peers_headers_are_read_from_the_request() -> None:
    both = {"X_Forwarded_For": "6.6.6.6, 1.2.3.4", "CF_Connecting_IP": "7.7.7.7"}

    assert "1.2.3.4" == CLIENTS.of(request_from("10.1.1.1", **both))
    assert "7.7.7.7" == CLIENTS.of(request_from("10.1.1.1", CF_Connecting_IP="7.7.7.7"))
    assert "203.0.113.9" == CLIENTS.of(request_from("203.0.113.9", **both))


def test_a_request_without_a_peer_has_no_address() -> None:
    assert "unknown" == CLIENTS.of(request_from(""))
