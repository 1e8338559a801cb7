"""Draws what the queue asks for, stores it, and serves it under `/c/…`.

May import `services` and `shared`.
"""

from shared.lean_imports import import_without

import_without("structlog", "rich")
import_without("redis.asyncio", "opentelemetry", "cryptography")
