"""Keeps libraries from loading other installed libraries that Marquee does not use through them.

structlog would load rich, for tracebacks in colour, redis-py OpenTelemetry, for figures of its own, and PyJWT
cryptography, for signatures with key pairs: 17 MB of a gateway's 65. Each process calls this before it imports more.
"""

import sys
from importlib import import_module


def import_without(library: str, *others: str) -> None:
    """Import a library as if these others, which it can do without, were not installed; they can be imported later."""
    hidden = [other for other in others if other not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # Python says so that there is no such module
    try:
        import_module(library)
    finally:
        for other in hidden:
            del sys.modules[other]
