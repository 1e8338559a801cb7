"""Somebody who holds a key, signed in with it."""

import hashlib
import secrets
from dataclasses import dataclass

from gateway.auth.session_tokens import AccessTokens
from gateway.db.sessions import begin_key_family
from shared.config.environment import Secret
from shared.stores.postgres import Pool
from tests.gateway.auth.caller import SECRET, Caller
from tests.stack.api_keys import create_key


@dataclass
class Holder:
    """A key, and its holder as a caller of management."""

    id: int
    key: str
    caller: Caller


async def new_key(pool: Pool, name: str = "a key") -> tuple[int, str]:
    """Make a key and return its number and its text."""
    key = secrets.token_hex(32)
    digest = hashlib.sha256(key.encode()).digest()
    row = await create_key(pool, name=name, key_hash=digest, key_prefix=key[:8])
    return row.id, key


async def new_holder(pool: Pool, at: Caller) -> Holder:
    """Make a key and sign its holder in at the gateway of a caller."""
    key_id, key = await new_key(pool)
    session = await begin_key_family(pool, key_id, secrets.token_bytes(32))
    assert session is not None
    holder = at.stranger()
    holder.token = AccessTokens(Secret(SECRET)).sign(session)
    return Holder(key_id, key, holder)
