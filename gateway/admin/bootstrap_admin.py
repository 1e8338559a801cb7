"""The first admin, made from the config when there is none yet."""

import asyncio
from typing import Final

import structlog
from argon2 import PasswordHasher

from gateway.stores import Admins
from shared.concurrency.backoff import pauses
from shared.config.environment import Secret
from shared.domain.errors import StoreDown

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0


async def create_bootstrap_admin(admins: Admins, username: str, password: Secret) -> None:
    """Make the first admin; while Postgres is down, try again and again. Returns when there is an admin."""
    # Argon2id takes tens of milliseconds and as many megabytes on purpose: not on the loop.
    password_hash = await asyncio.to_thread(PasswordHasher().hash, str(password))
    for pause_s in pauses(_FIRST_PAUSE_S, _LONGEST_PAUSE_S):
        try:
            made = await admins.ensure(username, password_hash)
        except StoreDown:
            log.warning("first_admin_postponed", retry_s=pause_s)
            await asyncio.sleep(pause_s)
        else:
            if made:
                log.info("first_admin_made")
            return
