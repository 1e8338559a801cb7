"""What is the same in every gateway and never changes, made once for all gateways of a test process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from gateway import api_routes, management
from gateway.api.openapi import Description
from gateway.web.assets import Assets
from gateway.web.reference import Reference


def made_once(build: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that returns what ``build`` made when it was first called."""
    made: list[Any] = []

    def first(*arguments: object) -> object:
        if not made:
            made.append(build(*arguments))
        return made[0]

    return first


_ONCE: Final = (
    (api_routes, "Description", made_once(Description)),
    (management, "Assets", made_once(Assets)),
    (management, "Reference", made_once(Reference)),
)


@contextmanager
def built_once() -> Iterator[pytest.MonkeyPatch]:
    """Let gateways that are built inside share their documents, which are half of the work; yields the patch."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, build in _ONCE:
            patch.setattr(module, name, build)
        yield patch
