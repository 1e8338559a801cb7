"""What the page that tests a client needs to know of each: the same facts that the tests of the clients play."""

from typing import Any

import msgspec

from gateway.pictures.client_rules import CLIENTS, SMALLEST_PICTURE


async def client_context() -> dict[str, Any]:
    """Return the variables of the page: the rules of each client as JSON types, in the order of the table."""
    return {"rules": msgspec.to_builtins({"clients": list(CLIENTS.values()), "smallest": SMALLEST_PICTURE})}
