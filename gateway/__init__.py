"""The edge: checks the key, resolves the settings, redirects to the content URL, and serves the API and the pages.

May import `shared`; asks no outside service and draws nothing.
"""

from shared.lean_imports import import_without

import_without("structlog", "rich")
import_without("redis.asyncio", "opentelemetry", "cryptography")
import_without("jwt", "cryptography")
