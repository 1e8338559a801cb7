"""Ports of gateways and renderers: each worker of pytest has its own."""

from itertools import pairwise

import pytest

from deploy.dev.local.ports import Contract
from tests.stack.ports import share


@pytest.mark.parametrize("workers", [1, 3, 16, 96])
def test_workers_share_no_port(workers: int) -> None:
    used = [
        {port for start in (starts[0], starts[-1]) for port in Contract(start).owners(2, 2)}
        for starts in (share(worker, workers) for worker in range(workers))
    ]

    bounds = [(min(ports), max(ports)) for ports in used]
    assert all(last < first for (_, last), (first, _) in pairwise(bounds))
