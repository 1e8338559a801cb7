"""Text that can be drawn in one line, and kept in Postgres, which takes no NUL."""

import re
from typing import Final

_NOT_PLAIN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")


def is_plain(text: str) -> bool:
    """Return whether a text has no line breaks and no control characters."""
    return not _NOT_PLAIN.search(text)
