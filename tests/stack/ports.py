"""Free ports for a gateway and a renderer, in the layout of the run contract."""

import random
from typing import Final

from deploy.dev.local.ports import Contract, is_free

_RANDOM: Final = random.SystemRandom()  # pytest seeds the other one alike on all workers, which must not share ports


def free_contract(gateways: int = 2, renderers: int = 2) -> Contract:
    """Return ports that are all free, the metrics ports of every process included."""
    for _ in range(1000):
        contract = Contract(_RANDOM.randrange(10_000, 19_000))
        if all(is_free(port) for port in contract.owners(gateways, renderers)):
            return contract
    raise AssertionError("no free block of ports")
