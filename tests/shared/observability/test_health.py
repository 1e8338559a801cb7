"""What a process says of its readiness."""

from shared.domain.errors import StoreDown
from shared.observability.health import Probes


async def lost() -> None:
    raise StoreDown("redis: lost")


async def test_a_check_that_is_added_is_asked_at_once() -> None:
    probes = Probes()
    probes.hold()
    before = await probes.report()
    probes.add("redis", lost, required=True)
    probes.release()

    after = await probes.report()

    assert (False, {}) == (before.ready, before.checks)
    assert (False, ["redis"]) == (after.ready, list(after.checks))
