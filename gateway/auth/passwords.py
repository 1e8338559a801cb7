"""Argon2id in threads, a few at a time: a hash takes tens of milliseconds and 64 MiB on purpose."""

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

MAX_AT_ONCE: Final = 2
MAX_PENDING: Final = 32
"""Passwords being hashed or waiting; another one gets ``Busy``."""

DEADLINE_S: Final = 10.0

LONGEST: Final = 1000
Username = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9._@-]{1,64}\Z",
        description="Use 1 to 64 letters, digits, dots, hyphens, underscores and @.",
    ),
]
NewPassword = Annotated[str, msgspec.Meta(min_length=8, max_length=LONGEST)]
AnyText = Annotated[str, msgspec.Meta(max_length=LONGEST)]


class Passwords:
    """Hashes and verifies passwords, within limits; close it at the end."""

    def __init__(self, metrics: GatewayMetrics) -> None:
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(MAX_AT_ONCE, thread_name_prefix="password")
        self._in_hand = 0
        self._stand_in: str | None = None
        metrics.watch_limit("passwords", lambda: self._in_hand, MAX_PENDING)

    async def hash(self, password: str) -> str:
        """Return the Argon2id hash. Raises ``Busy``."""
        return await self._in_thread(lambda: self._hasher.hash(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether the password matches. Without a hash it does not, after the same time. Raises ``Busy``."""
        return await self._in_thread(lambda: self._verify(password_hash, password))

    def is_outdated(self, password_hash: str) -> bool:
        """Return whether a hash was made with outdated parameters."""
        try:
            return self._hasher.check_needs_rehash(password_hash)
        except InvalidHashError:
            return False

    def close(self) -> None:
        """Accept no more work; running hashes finish by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        # Made at the first use for known and unknown names alike, so that timing does not reveal unknown names.
        self._stand_in = self._stand_in or self._hasher.hash(secrets.token_urlsafe())
        try:
            return self._hasher.verify(password_hash or self._stand_in, password) and password_hash is not None
        except (Argon2Error, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        if self._in_hand >= MAX_PENDING:
            raise Busy("too many passwords are being hashed")
        self._in_hand += 1
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except TimeoutError as error:
            raise Busy("a password could not be hashed in time") from error
        finally:
            self._in_hand -= 1
