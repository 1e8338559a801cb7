"""Free ports for a gateway and a renderer, in the layout of the run contract."""

import random

from deploy.dev.local.ports import Contract, is_free


def free_contract(gateways: int = 2, renderers: int = 2) -> Contract:
    """Return ports that are all free, the metrics ports of every process included."""
    for _ in range(1000):
        contract = Contract(random.randrange(10_000, 19_000))  # noqa: S311 - a port is no secret
        if all(is_free(port) for port in contract.owners(gateways, renderers)):
            return contract
    raise AssertionError("no free block of ports")
