"""A load test of your own deployment: ``locust -f deploy/load/locustfile.py --host https://posters.example Mix``.

The scenarios are ``Redirects``, ``Hits``, ``Cold`` and ``Mix``, the options ``--key``, ``--ids`` and ``--deadline``;
README.md says what they cost and how to read the results. Statistics have a row per kind of response and never one
per address, because addresses contain the key.
"""

import argparse
import time
from typing import ClassVar, Final
from urllib.parse import urljoin

from cachetools import LRUCache
from locust import events, task
from locust.argument_parser import LocustArgumentParser
from locust.contrib.fasthttp import FastHttpUser, ResponseContextManager
from locust.env import Environment

from deploy.load.demand import DEMO_IDS, Demand, read_ids
from deploy.load.verdicts import Answer, Verdict, of_content, of_keyed
from gateway.keys.token import FREE_KEY

_CLIENT_S: Final = 3.0
_LONGEST_S: Final = 30.0
_AGAIN_S: Final = 1.0
_KNOWN_ADDRESSES: Final = 50_000
_MS: Final = 1000


def seconds_of(text: str) -> float:
    """Read a number of seconds above 0."""
    seconds = float(text)
    if not 0 < seconds <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"between 0 and {_LONGEST_S:g} s")
    return seconds


def add_options(parser: LocustArgumentParser) -> None:
    """Add Marquee's options; none is shown in the web UI, whose pages would contain the key."""
    options = parser.add_argument_group("Marquee")
    options.add_argument(
        "--key", env_var="MARQUEE_KEY", default=FREE_KEY, help="API key; better given as MARQUEE_KEY (the free key)"
    )
    options.add_argument(
        "--ids",
        type=read_ids,
        default=DEMO_IDS,
        help="file of ids, as for `make prewarm` (the titles of the demo)",
    )
    options.add_argument(
        "--deadline", type=seconds_of, default=_CLIENT_S, help="seconds after which a picture is a failure (3)"
    )


class Visitor(FastHttpUser):
    """A caller who waits for each response before the next request."""

    abstract = True
    insecure = False  # a key is sent only to a host that proves its identity
    connection_timeout = network_timeout = _LONGEST_S
    default_headers = {"User-Agent": "marquee-load"}  # noqa: RUF012 - locust declares it so

    demand: ClassVar[Demand]
    deadline_s: ClassVar[float]
    addresses: ClassVar[LRUCache[str, str]]

    def visit(self, keyed: str) -> None:
        """Request a picture like a client: the keyed address, then the address it redirects to."""
        if address := self.redirected(keyed):
            self.fetch(address)

    def redirected(self, keyed: str) -> str:
        """Request a keyed path and return the address it redirects to, or the empty string."""
        url = f"{(self.host or '').rstrip('/')}{keyed}"
        with self.client.get(url, name="gateway", catch_response=True, allow_redirects=False) as response:
            answer = _answer(response)
            _count(response, of_keyed(answer, self.deadline_s))
        location = answer.headers.get("location", "")
        return urljoin(url, location) if location else ""

    def fetch(self, address: str) -> None:
        """Request a picture from the content server, or from the CDN in front of it."""
        with self.client.get(address, name="content", catch_response=True, allow_redirects=False) as response:
            _count(response, of_content(_answer(response), self.deadline_s))


class Redirects(Visitor):
    """Only the gateway: popular titles and settings, without fetching pictures."""

    @task
    def ask(self) -> None:
        """Request a redirect."""
        self.redirected(self.demand.popular())


class Hits(Visitor):
    """Stored pictures: each address is learnt from one redirect, and then only its picture is requested."""

    @task
    def ask(self) -> None:
        """Request a popular picture, in two steps the first time."""
        keyed = self.demand.popular()
        address = self.addresses.get(keyed) or self.redirected(keyed)
        if address:
            self.addresses[keyed] = address
            self.fetch(address)


class Cold(Visitor):
    """Pictures that have never been requested, each once.

    This has a cost: every id that is new to the installation uses calls from the sources' budgets, and every
    picture stays in the bucket. When the ids are used up, they return with other settings, which costs only drawing.
    """

    @task
    def ask(self) -> None:
        """Request a picture and wait for it."""
        self.visit(self.demand.unseen())


class Mix(Visitor):
    """Realistic use: titles and settings by Zipf's law, the redirect and then the picture."""

    @task
    def ask(self) -> None:
        """Request a popular picture, in two steps every time."""
        self.visit(self.demand.popular())


def begin(environment: Environment) -> None:
    """Prepare the requests, once for all visitors of this process."""
    options = environment.parsed_options
    if options is None:
        raise ValueError("locust gives no options")
    Visitor.demand = Demand(options.key, options.ids)
    Visitor.deadline_s = options.deadline
    Visitor.addresses = LRUCache(_KNOWN_ADDRESSES)


def _answer(response: ResponseContextManager) -> Answer:
    """Remove the URL from what locust reports; keep only the kind of a lost connection: its text has the address."""
    error = getattr(response, "error", None)
    return Answer(
        status=response.status_code,
        headers={name.lower(): value for name, value in (response.headers or {}).items()},
        body=response.content or b"",
        seconds=response.request_meta["response_time"] / _MS,
        error=type(error).__name__ if error else "",
    )


def _count(response: ResponseContextManager, verdict: Verdict) -> None:
    response.request_meta["name"] = verdict.row
    if verdict.complaint:
        response.failure(verdict.complaint)
        if not response.status_code:
            time.sleep(_AGAIN_S)  # locust's own, pauses only this visitor: do not flood a host that is down
    else:
        response.success()


events.init_command_line_parser.add_listener(lambda parser, **_: add_options(parser))
events.test_start.add_listener(lambda environment, **_: begin(environment))
