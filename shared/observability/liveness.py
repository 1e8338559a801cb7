"""``python -m shared.observability.liveness 127.0.0.1:3100``: exits with 0 if the process is alive, else with 1.

The argument is where the process serves its metrics unless ``METRICS_ADDR`` says otherwise. It is what a container
engine runs as its health check, every few seconds, so it imports little and needs no other variable.
"""

import http.client
import sys
from collections.abc import Mapping
from typing import Final

from shared.config.environment import PROCESS_ENVIRONMENT, Address, ConfigError, Environment

TIMEOUT_S: Final = 2.0
_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where one connects to a server of all addresses


def why_not_alive(address: Address) -> str | None:
    """Return why the process that serves its metrics at ``address`` is not alive, or ``None`` if it is."""
    connection = http.client.HTTPConnection(_LOOPBACK.get(address.host, address.host), address.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/livez")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    return None if status == http.HTTPStatus.OK else f"status {status}"


def main(words: list[str], variables: Mapping[str, str] = PROCESS_ENVIRONMENT) -> int:
    """Print why the process is not alive, if it is not; return the exit code."""
    if len(words) != 1:
        sys.stderr.write("usage: python -m shared.observability.liveness HOST:PORT\n")
        return 2
    try:
        reason = why_not_alive(Environment(variables).address("METRICS_ADDR", words[0]))
    except ConfigError as error:
        reason = str(error)
    if reason is not None:
        sys.stdout.write(f"not alive: {reason}\n")
    return int(reason is not None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
