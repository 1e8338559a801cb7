"""What all browser tests share.

- ``site``: a running pair that all modules of a worker share: what they make there has names of its own. A module that
  wants stores of its own, or other settings than the free key on, says so: ``SITE = {"FREE_KEY_ENABLED": ""}``.
- ``page``: a fresh window at ``site``; the test fails at its end when anything went wrong on it. ``page.goto("/key")``.
- ``look``: how the window looks; mark a test with ``in_every_look`` (``tests.web.browser``) to have it run in all four.
- ``watch``: what counts as wrong; ``watch.allow(401)`` before a refusal that is wanted.
- ``screenshot("name")``: keeps a picture of the whole page in the folder named by the variable ``SCREENSHOTS``, if any.
- ``restored``: takes back, at the end, what admins changed for everybody; an access token of the admin.
- ``sign_in_admin()`` and ``sign_in_key(key)``: sign the window in without the form.

Tests are plain ``def``: while a window is open, Playwright's own event loop counts as running in this thread.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deploy.dev.local.programs import chromium
from gateway.api.api_response import COOKIE, COOKIE_PATH
from tests.stack.parts import Stack
from tests.stack.stores import Stores
from tests.web.browser import PATIENCE_MS, Screenshot, Viewport, Watch, open_browser, open_page
from tests.web.site import Demo, Key, Site, pair_on

SCREENSHOTS = os.environ.get("SCREENSHOTS")  # noqa: TID251 - the runner chooses


expect.set_options(timeout=PATIENCE_MS)  # five seconds are too few, and fifteen were on a busy machine


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, demo_pictures: Path) -> Iterator[Demo]:
    with Demo(tmp_path_factory.mktemp("demo"), demo_pictures) as demo:
        yield demo


class Shared:
    """The pair of all modules that do not ask for one of their own; it starts when it is first asked for."""

    def __init__(self, start: Callable[[], Site]) -> None:
        self.site = cache(start)


@pytest.fixture(scope="session")
def shared(
    demo: Demo, tmp_path_factory: pytest.TempPathFactory, stack: Stack, postgres_url: str, s3_url: str
) -> Iterator[Shared]:
    with ExitStack() as running:

        def start() -> Site:
            stores = Stores.fresh(postgres_url, stack.valkey(), s3_url)
            return Site(running.enter_context(pair_on(demo, stores, tmp_path_factory.mktemp("site"), {})))

        yield Shared(start)


@pytest.fixture(scope="module")
def site(
    request: pytest.FixtureRequest,
    demo: Demo,
    shared: Shared,
    tmp_path_factory: pytest.TempPathFactory,
    postgres_url: str,
    programs_valkey_url: str,
    s3_url: str,
) -> Iterator[Site]:
    settings = getattr(request.module, "SITE", None)
    if settings is None:
        yield shared.site()
        return
    stores = Stores.fresh(postgres_url, programs_valkey_url, s3_url)
    with pair_on(demo, stores, tmp_path_factory.mktemp("site"), settings) as pair:
        yield Site(pair)


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:  # noqa: ARG001 - it has to be up before: its start needs a loop
    """Chromium, for one module: what comes after it may start an event loop of its own again."""
    program = chromium()
    if program is None:
        pytest.skip("there is no Chromium on this machine: apt-get install chromium-headless-shell")
    with sync_playwright() as playwright:
        browser = open_browser(playwright, program)
        yield browser
        browser.close()


@pytest.fixture
def look(request: pytest.FixtureRequest) -> Viewport:
    return getattr(request, "param", Viewport())


@pytest.fixture
def watch(site: Site) -> Watch:
    return Watch(frozenset(urlsplit(url).netloc for url in (site.url, site.content_url)))


@pytest.fixture
def page(site: Site, browser: Browser, look: Viewport, watch: Watch) -> Iterator[Page]:
    with open_page(browser, site.url, look, site.visitor()) as page:
        watch.over(page)
        yield page
        assert [] == watch.problems


@pytest.fixture
def screenshot(request: pytest.FixtureRequest, page: Page, look: Viewport) -> Screenshot:
    module = request.module.__name__.rpartition(".")[2].removeprefix("test_")

    def keep(name: str) -> None:
        if not SCREENSHOTS:  # nobody will look
            return
        clean = re.sub(r"[^a-z0-9-]+", "-", name.lower())
        page.screenshot(path=Path(SCREENSHOTS) / f"{module}-{clean}-{look}.png", full_page=True)

    return keep


@pytest.fixture
def restored(site: Site) -> Iterator[str]:
    with site.restored() as token:
        yield token


@pytest.fixture
def sign_in_admin(site: Site, page: Page) -> Callable[[], None]:
    return lambda: _hold(page, site, site.admin_cookie())


@pytest.fixture
def sign_in_key(site: Site, page: Page) -> Callable[[Key], None]:
    return lambda key: _hold(page, site, site.key_cookie(key))


def _hold(page: Page, site: Site, token: str) -> None:
    host = urlsplit(site.url).hostname or ""
    page.context.add_cookies(
        [{"name": COOKIE, "value": token, "domain": host, "path": COOKIE_PATH, "httpOnly": True, "sameSite": "Strict"}]
    )
