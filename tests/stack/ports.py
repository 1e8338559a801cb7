"""Free ports for a gateway and a renderer, in the layout of the run contract."""

import os
import random
from typing import Final

from deploy.dev.local.ports import Contract, is_free

_RANDOM: Final = random.SystemRandom()  # pytest seeds the other one alike on all workers, which must not share ports
_MOST: Final = 5  # replicas of one pair
_ALL: Final = range(10_000, 19_000)
_WORKER: Final = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
_WORKERS: Final = os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")


def share(worker: int, workers: int) -> range:
    """Return where the gateways of one of pytest's workers begin, so that no port of theirs is another worker's.

    A port that two of them found free would be bound by both: replicas share a port, and so would pairs.
    """
    room = Contract(0).renderer_metrics(_MOST) + 1
    width = max(len(_ALL) // workers, 2 * room)
    return range(_ALL.start + worker * width, _ALL.start + (worker + 1) * width - room)


def free_contract(gateways: int = 2, renderers: int = 2) -> Contract:
    """Return ports that are all free, the metrics ports of every process included."""
    starts = share(int(_WORKER), int(_WORKERS))
    for _ in range(1000):
        contract = Contract(_RANDOM.choice(starts))
        if all(is_free(port) for port in contract.owners(gateways, renderers)):
            return contract
    raise AssertionError("no free block of ports")
