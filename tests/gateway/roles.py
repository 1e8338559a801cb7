"""Who calls management in a test: admins and key holders with sign-ins of their own, made past the front door."""

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from gateway.auth.session_tokens import ACCESS_S, AccessTokens, RefreshToken
from gateway.db.admins import AdminRow
from gateway.db.sessions import SessionRow, begin_family, begin_key_family
from shared.config.environment import Secret
from shared.stores.postgres import Pool, connection
from tests.gateway.auth.caller import SECRET
from tests.stack.api_keys import create_key

TOKENS = AccessTokens(Secret(SECRET))
OLD_TOKENS = AccessTokens(Secret(SECRET), now=lambda: time.time() - ACCESS_S - 1)


class Role(StrEnum):
    NOBODY = "nobody"
    ADMIN = "admin"
    HOLDER = "key holder"


@dataclass(frozen=True)
class Person:
    """An admin or a holder, signed in a moment ago; ``id`` is the admin's or the key's."""

    id: int
    session: SessionRow
    refresh: str
    key: str = ""

    @property
    def access(self) -> str:
        return TOKENS.sign(self.session)

    @property
    def expired(self) -> str:
        return OLD_TOKENS.sign(self.session)


async def an_admin(pool: Pool, name: str = "root", password_hash: str = "") -> Person:
    """Sign an admin in, who is made if need be."""
    query = """
        INSERT INTO admin_users (username, password_hash) VALUES ($1, $2)
        ON CONFLICT (username) DO UPDATE SET username = $1 RETURNING id, username, password_hash
    """
    async with connection(pool) as db:
        admin = AdminRow(*await db.fetchrow(query, name, password_hash))
    token = RefreshToken.new()
    session = await begin_family(pool, admin, token.digest)
    assert session is not None
    return Person(admin.id, session, token.text)


async def a_holder(pool: Pool, name: str = "holder") -> Person:
    """Sign the holder of a new key in."""
    text, share = secrets.token_hex(32), f"h.{secrets.token_hex(16)}"
    row = await create_key(
        pool, name=name, key_hash=_digest(text), key_prefix=text[:8], share_hash=_digest(share), monthly_limit=1000
    )
    return await signed_in_again(
        pool, Person(row.id, SessionRow(0, None, row.id, name, datetime.max.replace(tzinfo=UTC)), "", text)
    )


async def signed_in_again(pool: Pool, holder: Person) -> Person:
    """Sign a key's holder in once more. The key must be there."""
    token = RefreshToken.new()
    session = await begin_key_family(pool, holder.id, token.digest)
    assert session is not None
    return Person(holder.id, session, token.text, holder.key)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("ascii")).digest()


async def is_good(pool: Pool, key_id: int) -> bool:
    """Tell whether a key is there and not disabled."""
    async with connection(pool) as db:
        found: bool = await db.fetchval(
            "SELECT count(*) = 1 FROM api_keys WHERE id = $1 AND disabled_at IS NULL", key_id
        )
    return found
