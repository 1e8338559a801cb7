"""A message that this version cannot read is counted every time and logged once."""

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from shared.observability.unreadable import UnreadableMessages


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def unreadable(registry: CollectorRegistry) -> UnreadableMessages:
    messages = UnreadableMessages()
    messages.register(registry)
    return messages


def count(registry: CollectorRegistry, channel: str) -> float | None:
    return registry.get_sample_value("marquee_unreadable_messages_total", {"channel": channel})


def test_each_version_on_each_channel_is_logged_once(
    unreadable: UnreadableMessages, registry: CollectorRegistry
) -> None:
    tagged = [b'{"type":"done.v2"}', b'{"type":"done.v3"}']
    bodies = [*tagged, b"junk", b"other junk", b'{"type":7}', b"\xff", b"[" * 99_999]

    with capture_logs() as logs:
        for channel in ("one", "other"):
            for body in bodies * 3:
                unreadable.skip(channel, "odd", body, "why")

    found = [(line["event"], line["channel"], line["version"], line["reason"]) for line in logs]
    versions = ("done.v2", "done.v3", "")
    assert [("odd", channel, version, "why") for channel in ("one", "other") for version in versions] == found
    assert [21.0, 21.0] == [count(registry, "one"), count(registry, "other")]


def test_a_flood_of_versions_does_not_flood_the_log(unreadable: UnreadableMessages) -> None:
    with capture_logs() as logs:
        for nth in range(1000):
            unreadable.skip("one", "odd", b'{"type":"v%d"}' % nth, "why")

    assert 100 == len(logs)


def test_a_watched_channel_begins_at_zero(unreadable: UnreadableMessages, registry: CollectorRegistry) -> None:
    unreadable.watch("one")

    assert (0.0, None) == (count(registry, "one"), count(registry, "other"))
