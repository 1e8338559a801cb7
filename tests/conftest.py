"""What many tests share: the rings, the order of the files, and real stores that are clean for each test."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import botocore.session
import pytest
import structlog
from hypothesis import is_hypothesis_test, settings
from redis.asyncio import Redis
from structlog.dev import ConsoleRenderer, plain_traceback
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from renderer.storage.s3 import S3Storage
from shared.stores.migrate import migrate
from shared.stores.postgres import Pool, connection, open_pool
from shared.stores.redis import connect
from tests.stack.fork_server import FORK_SERVER
from tests.stack.parts import BUCKET, Stack, running_stack

_STACK_FOLDERS: Final = frozenset({"clients", "contracts", "e2e", "web"})
_STACK_FIXTURES: Final = frozenset({"helm", "image", "stack"})
_LONG: Final = frozenset({
    "deploy/test_image.py", "e2e/test_bad_input.py", "e2e/test_faults.py", "e2e/test_killed_jobs.py",
    "e2e/test_losses.py", "e2e/test_redis_kinds.py", "e2e/test_run_contract.py", "e2e/test_run_survives.py",
    "web/test_admin.py", "web/test_configure.py",
})  # fmt: skip
"""Files that take half a minute and more: whichever worker began one of them late would keep all others waiting."""

# TRUNCATE makes new files for every table and index: fifteen times the price of DELETE where little is to be deleted.
_CLEAN: Final = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'refresh_tokens', 'token_families', 'admin_users', 'settings_registry', 'title_aliases', 'title_reports',
        'titles', 'images', 'usage_monthly', 'usage_daily', 'key_settings', 'profiles', 'key_changes', 'audit_log',
        'purges', 'title_lists', 'title_pins', 'presets', 'anime_ids', 'anime_map'
    ] LOOP
        IF pg_relation_size(name::regclass) > 262144 THEN
            EXECUTE 'TRUNCATE ' || name || ' CASCADE';
        ELSE
            EXECUTE 'DELETE FROM ' || name;
        END IF;
    END LOOP;
END $$;
DELETE FROM api_keys WHERE key_prefix <> 't0-free-';
UPDATE api_keys SET name = 'free', monthly_limit = 0, disabled_at = NULL;
UPDATE global_settings SET settings = '{}', free_key_enabled = false;
"""


# How long an example takes depends on what else the machine does.
settings.register_profile("marquee", deadline=None, max_examples=40)
settings.register_profile("stress", deadline=None, max_examples=500)
settings.load_profile("marquee")

# Errors that a test makes on purpose are logged as Python writes them: with colours and local variables, writing one
# down takes longer than most tests.
*_processors, _ = structlog.get_config()["processors"]
structlog.configure([*_processors, ConsoleRenderer(colors=False, exception_formatter=plain_traceback)])

# Hundreds of tests open a client of S3, and each client would read the megabytes that describe S3 again.
botocore.session.create_loader = cache(botocore.session.create_loader)


def pytest_configure(config: pytest.Config) -> None:
    """Choose how many examples each property is tried with, before a module of tests is read."""
    if _is_stress(config):
        settings.load_profile("stress")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let the collector of garbage leave alone what lives as long as the process: modules, and thousands of tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that need real stores or processes and run them first; properties are part of `stress`, too.

    The short files of the unit ring then fill what is left of the time at the end, whichever worker is free.
    """
    for item in items:
        if _needs_stack(item):
            item.add_marker("stack")
        if _is_stress(config) and is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("stress")
    items.sort(key=_ring)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Keep each file on one worker, because its fixtures may be the module's, and the files in the order above."""
    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return what ``-n auto`` means: two workers per processor, because tests of processes mostly wait.

    A test that waits half a minute for a store or a lease uses no processor meanwhile: with 1.5 workers per processor,
    the processors were idle for about a quarter of the first minutes. But each worker has stores of its own and imports
    everything again.
    """
    return 2 * len(os.sched_getaffinity(0))


def _is_stress(config: pytest.Config) -> bool:
    return bool(config.getoption("markexpr") == "stress")


@cache
def _below_tests(path: Path, root: Path) -> Path:
    """Return where a file lies below the tests; of 13,000 tests, many are in one file."""
    return path.relative_to(root / "tests")


def _needs_stack(item: pytest.Item) -> bool:
    folders = _below_tests(item.path, item.config.rootpath).parts
    return folders[0] in _STACK_FOLDERS or not _STACK_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def _ring(item: pytest.Item) -> int:
    """Return a number by which long files come first, then files of processes, of stores, and all others last."""
    if _below_tests(item.path, item.config.rootpath).as_posix() in _LONG:
        return 0
    if item.get_closest_marker("stack") is None:
        return 3
    return 1 if item.path.parent.name in {"e2e", "web"} else 2


@pytest.fixture(scope="session", autouse=True)
def _programs_are_forked() -> Iterator[None]:
    """Start programs as forks, for a sixth of the CPU of a real start."""
    with FORK_SERVER.running():
        yield


@pytest.fixture(scope="module")
def started_by_exec() -> Iterator[None]:
    """Start the programs of a module for real, for tests of what a start loads or how much memory it needs."""
    with FORK_SERVER.paused():
        yield


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder that all parallel processes of one run of tests share."""
    own = tmp_path_factory.getbasetemp()
    # That of a process of pytest-xdist is in that of the run.
    return own.parent if hasattr(request.config, "workerinput") else own


@pytest.fixture(scope="session")
def demo_pictures(run_folder: Path) -> Path:
    """Where the demos of all processes keep the pictures they draw: each is drawn once, which takes up to 2 s."""
    folder = run_folder / "demo-pictures"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack() as stack:
        yield stack


@pytest.fixture(scope="session")
def valkey_url(stack: Stack) -> str:
    return stack.valkey()


@pytest.fixture(scope="session")
def programs_valkey_url(stack: Stack) -> str:
    """A Valkey for whole programs: tests that count what a server is asked, or who reads, are alone at the other."""
    return stack.valkey()


@pytest.fixture(scope="session")
def s3_url(stack: Stack) -> str:
    return stack.s3()


@pytest.fixture(scope="session")
def postgres_url(stack: Stack) -> str:
    """A database that is brought up to this version."""
    dsn = stack.postgres()
    with asyncio.Runner() as runner:
        runner.run(migrate(dsn))
    return dsn


@pytest.fixture
def store_variables(postgres_url: str, valkey_url: str, s3_url: str) -> dict[str, str]:
    """The variables with which a process uses these stores."""
    return {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": valkey_url,
        "S3_BUCKET": BUCKET,
        "S3_ENDPOINT_URL": s3_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[Redis]:
    client = connect(valkey_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
async def pool(postgres_url: str) -> AsyncIterator[Pool]:
    async with open_pool(postgres_url) as pool:
        async with connection(pool) as db:
            await db.execute(_CLEAN)
        yield pool


@pytest.fixture
async def s3(s3_url: str) -> AsyncIterator[S3Storage]:
    async with S3Storage.open(
        endpoint_url=s3_url, region="us-east-1", bucket=BUCKET, access_key="test", secret_key="test"
    ) as storage:
        yield storage
