"""Argon2id, away from the loop and a few at a time: a hash takes tens of milliseconds and 64 MiB on purpose."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Final, TypeVar

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from gateway.metrics import GatewayMetrics
from shared.domain.errors import Busy

_T = TypeVar("_T")

MOST_AT_ONCE: Final = 2
MOST_WAITING: Final = 32
"""Passwords in hand, those that wait included; one more is told to come back."""

DEADLINE_S: Final = 10.0

LONGEST: Final = 1000
Username = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._@-]{1,64}\Z")]
NewPassword = Annotated[str, msgspec.Meta(min_length=8, max_length=LONGEST)]
AnyText = Annotated[str, msgspec.Meta(max_length=LONGEST)]


class Passwords:
    """Hashes passwords and compares them, within bounds; close it at the end."""

    def __init__(self, metrics: GatewayMetrics) -> None:
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="password")
        self._in_hand = 0
        self._stand_in: str | None = None
        metrics.watch_limit("passwords", lambda: self._in_hand, MOST_WAITING)

    async def hash(self, password: str) -> str:
        """Return the Argon2id hash. Raises ``Busy``."""
        return await self._away(lambda: self._hasher.hash(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether it is the password. Without a hash it is not, and that takes as long. Raises ``Busy``."""
        return await self._away(lambda: self._verify(password_hash, password))

    def is_outdated(self, password_hash: str) -> bool:
        """Tell whether a hash was made with other parameters than we use now."""
        try:
            return self._hasher.check_needs_rehash(password_hash)
        except InvalidHashError:
            return False

    def close(self) -> None:
        """Begin no more; what is in a thread ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        # Made at the first look, whoever is looked for, so that nobody can tell an unknown name by the time it takes.
        self._stand_in = self._stand_in or self._hasher.hash(secrets.token_urlsafe())
        try:
            return self._hasher.verify(password_hash or self._stand_in, password) and password_hash is not None
        except (Argon2Error, InvalidHashError):
            return False

    async def _away(self, work: Callable[[], _T]) -> _T:
        if self._in_hand >= MOST_WAITING:
            raise Busy("too many passwords are being looked at")
        self._in_hand += 1
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except TimeoutError as error:
            raise Busy("a password could not be looked at in time") from error
        finally:
            self._in_hand -= 1
