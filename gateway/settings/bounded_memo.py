"""Remembers what a function of texts returned, within a number of bytes: such texts differ much in length."""

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from cachetools import LRUCache

ENTRY_BYTES: Final = 1024
"""What an entry takes besides its texts."""

_PARSED: Final = 4  # an argument's own text, and what is made of it

_P = ParamSpec("_P")
_T = TypeVar("_T")


def bounded_memo(max_bytes: int) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Return a decorator for a function of texts; results of texts beyond ``max_bytes`` are not remembered."""

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        cache: LRUCache[object, tuple[int, _T]] = LRUCache(max_bytes, getsizeof=lambda entry: entry[0])

        @wraps(function)
        def remembered(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            found = cache.get(args)
            if found is not None:
                return found[1]
            result = function(*args, **kwargs)
            size = ENTRY_BYTES + _PARSED * sum(len(text) for text in args if isinstance(text, str))
            if size <= max_bytes:
                cache[args] = size, result
            return result

        return remembered

    return decorate
