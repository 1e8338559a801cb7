"""Creates the first admin from the config if there is none."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import structlog
from argon2 import PasswordHasher

from shared.concurrency.backoff import pauses
from shared.config.environment import Secret
from shared.domain.errors import StoreDown

log: structlog.stdlib.BoundLogger = structlog.get_logger()

EnsureAdmin: TypeAlias = Callable[[str, str], Awaitable[bool]]
"""Stores an admin by name and password hash unless there is one, as ``gateway.db.admins.ensure_admin`` does."""

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0


async def create_bootstrap_admin(ensure_admin: EnsureAdmin, username: str, password: Secret) -> None:
    """Create the first admin, retrying while Postgres is down. Returns once there is an admin."""
    # Argon2id takes tens of milliseconds on purpose: not on the event loop.
    password_hash = await asyncio.to_thread(PasswordHasher().hash, str(password))
    for pause_s in pauses(_FIRST_PAUSE_S, _LONGEST_PAUSE_S):
        try:
            made = await ensure_admin(username, password_hash)
        except StoreDown:
            log.warning("first_admin_postponed", retry_s=pause_s)
            await asyncio.sleep(pause_s)
        else:
            if made:
                log.info("first_admin_made")
            return
