import socket
from pathlib import Path

import pytest

from deploy.dev.local.ports import HOST, Contract, PortsUnusable, free_ports, is_free, require_free


def test_every_process_of_the_contract_has_ports_of_its_own() -> None:
    owners = Contract(3000).owners(2, 3)

    assert {3000, 3001, 3100, 3110, 3101, 3111, 3121} == set(owners)


def test_a_port_that_somebody_listens_on_is_named_with_its_owner() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(PortsUnusable, match=f"^port {port} \\(the gateway\\) is in use"):
            require_free({port: "the gateway"})


def test_a_port_shared_by_another_run_counts_as_taken() -> None:
    with socket.socket() as shared:
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        shared.bind((HOST, 0))
        shared.listen()

        assert not is_free(shared.getsockname()[1])


def test_a_block_beyond_the_last_port_is_refused() -> None:
    with pytest.raises(PortsUnusable, match="PORT is too high"):
        require_free(Contract(65_530).owners(1, 1))


def test_free_ports_are_distinct_and_out_of_the_way_of_outgoing_connections() -> None:
    kernel = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first_outgoing = int(kernel.read_text().split()[0])

    ports = free_ports(20, apart_from=())

    assert 20 == len(set(ports))
    assert all(port < first_outgoing or first_outgoing < 21_000 for port in ports)
