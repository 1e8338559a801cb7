"""What the running pair writes to local disk: nothing by default, and copies of pictures and art where one asks."""

import asyncio
import ctypes
import os
import shutil
import stat
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
import pytest
from aiobotocore.session import get_session

from deploy.dev.local.processes import Program
from tests.stack.caller import Answer, fetch
from tests.stack.pair import Pair
from tests.stack.part import Part, descendants
from tests.stack.services import OPTIONAL, SECRETS
from tests.stack.sources import Source, Sources
from tests.stack.stores import Stores

REPOSITORY: Final = Path(__file__).parents[2]
METROPOLIS: Final = "tt0017136"
THE_KID: Final = "tt0012349"  # its logo is a vector, which a child process draws
FANTOMAS: Final = "tt0002844"

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_CHANGES: Final = 0x2 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200  # modify, close after writing, moved from, to, create, delete
_EVENT: Final = struct.Struct("iIII")
_LOOK_S: Final = 0.002


@dataclass
class Home(Pair):
    """A pair whose processes have folders of their own for all that a program may write to unasked."""

    @property
    def folders(self) -> list[Path]:
        return [self.folder / name for name in ("cwd", "home", "tmp", "cache", "xdg")]

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def environment(self) -> dict[str, str]:
        _cwd, home, tmp, cache, xdg = self.folders
        for folder in self.folders:
            folder.mkdir(exist_ok=True)
        places = {"HOME": home, "TMPDIR": tmp, "CACHE_DIR": cache, "XDG_CACHE_HOME": xdg, "PYTHONPATH": REPOSITORY}
        told = {name: str(place) for name, place in places.items()}
        # Compiled modules are the interpreter's, and an image brings them along.
        return super().environment() | told | {"PYTHONDONTWRITEBYTECODE": "1"}

    def _part(self, program: Program) -> Part:
        return super()._part(replace(program, cwd=self.folder / "cwd"))


@dataclass
class Seen:
    """What was noticed of local disk while somebody watched."""

    changes: set[str] = field(default_factory=set)
    """Names in the watched folders that were created, written, moved or removed."""
    opened: set[str] = field(default_factory=set)
    """Regular files, wherever they are, that a process had open for writing."""
    looks: int = 0


@contextmanager
def watched(pair: Home) -> Iterator[Seen]:
    """Watch the folders (the kernel reports every change) and the processes' open files (looked at again and again)."""
    seen, ended = Seen(), threading.Event()
    inotify = _LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    assert inotify >= 0
    for folder in pair.folders:
        for place in (folder, *(inner for inner in folder.rglob("*") if inner.is_dir())):
            assert _LIBC.inotify_add_watch(inotify, os.fsencode(place), _CHANGES) >= 0
    looking = threading.Thread(target=_look, args=(pair, seen, ended))
    looking.start()
    try:
        yield seen
    finally:
        ended.set()
        looking.join()
        seen.changes |= set(_changes(inotify))
        os.close(inotify)


def _look(pair: Home, seen: Seen, ended: threading.Event) -> None:
    logs = {str(part.log) for part in pair.parts}
    while not ended.wait(_LOOK_S):
        for part in pair.parts:
            for pid in (part.process.pid, *descendants(part.process.pid)):
                with suppress(FileNotFoundError, ProcessLookupError, PermissionError):  # it has just ended
                    seen.opened |= _writes(pid) - logs
        seen.looks += 1


def _writes(pid: int) -> set[str]:
    """Return the regular files that a process has open for writing; memory with a descriptor is none."""
    found = set()
    for number in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208 - names only, and often
        with suppress(FileNotFoundError):
            target = os.readlink(f"/proc/{pid}/fd/{number}")  # noqa: PTH115 - it may name what is no path
            if not target.startswith("/") or target.startswith("/memfd:"):
                continue
            if stat.S_ISREG(os.stat(f"/proc/{pid}/fd/{number}").st_mode) and _for_writing(pid, number):  # noqa: PTH116
                found.add(target)
    return found


def _for_writing(pid: int, number: str) -> bool:
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/fdinfo/{number}").read_text().splitlines())
    return int(lines["flags"], 8) & os.O_ACCMODE != os.O_RDONLY


def _changes(inotify: int) -> Iterator[str]:
    with suppress(BlockingIOError):
        while True:
            events = os.read(inotify, 1 << 16)
            while events:
                _, mask, _, length = _EVENT.unpack_from(events)
                name, events = events[_EVENT.size :][:length], events[_EVENT.size + length :]
                yield f"{name.rstrip(bytes(1)).decode()} {mask:#x}"


def listing(pair: Home) -> dict[str, int]:
    return {str(place): place.stat().st_mtime_ns for folder in pair.folders for place in (folder, *folder.rglob("*"))}


def settings(**more: str) -> Mapping[str, str]:
    return {name: SECRETS[name] for name in OPTIONAL} | {"RENDER_WAIT_MS": "20000"} | more


async def ask_for_all_kinds(pair: Pair, http: aiohttp.ClientSession, query: str = "") -> list[Answer]:
    """Ask for pictures of each kind and format, twice: drawn, and then served."""
    wanted = [
        ("poster", f"{METROPOLIS}.jpg"),
        ("poster", f"{FANTOMAS}.webp"),
        ("backdrop", f"{METROPOLIS}.png"),
        ("logo", f"{METROPOLIS}.png"),
        ("logo", f"{THE_KID}.webp"),
        ("episode", f"{FANTOMAS}:1:1.jpg"),
    ]
    urls = [pair.picture(title, query, kind=kind) for kind, title in wanted]
    drawn = [await fetch(http, url) for url in urls]
    return [*drawn, *await asyncio.gather(*(fetch(http, url) for url in urls))]


@pytest.fixture
def default(tmp_path: Path, stores: Stores, sources: Sources) -> Iterator[Home]:
    """A pair without a disk; it ends before another begins, whose jobs it would take."""
    with Home(tmp_path, stores, sources, settings()) as pair:
        yield pair


@pytest.fixture
def with_disk(tmp_path: Path, stores: Stores, sources: Sources) -> Iterator[Home]:
    with Home(tmp_path, stores, sources, settings(EXTERNAL_CACHE_ONLY="false", CACHE_DIR_MAX_MB="16")) as pair:
        yield pair


async def test_by_default_nothing_is_written_to_local_disk(default: Home, http: aiohttp.ClientSession) -> None:
    before = listing(default)

    with watched(default) as seen:
        answers = await ask_for_all_kinds(default, http)

    assert {200} == {answer.status for answer in answers}
    assert {"HIT"} == {answer.cache for answer in answers[len(answers) // 2 :]}
    assert (set(), set()) == (seen.changes, seen.opened)
    assert before == listing(default)
    assert len(default.folders) == len(before)  # empty, all of them, since the processes began
    assert seen.looks > 10


async def test_with_a_local_disk_the_same_watcher_sees_the_copies(with_disk: Home, http: aiohttp.ClientSession) -> None:
    with watched(with_disk) as seen:
        answers = await ask_for_all_kinds(with_disk, http, "?badge_size=xs")
    copies = [place for place in with_disk.cache.rglob("*") if place.is_file()]

    assert {200} == {answer.status for answer in answers}
    assert {".picture": 6, ".art": 6} == Counter(place.suffix for place in copies)
    assert 12 <= len({name.partition(".")[0] for name in seen.changes})
    assert sum(place.stat().st_size for place in copies) == with_disk.number("renderer_disk_used_bytes")
    assert 16 << 20 == with_disk.number("renderer_disk_limit_bytes")


def test_a_restarted_renderer_serves_from_disk_what_s3_has_not_at_hand(with_disk: Home, stores: Stores) -> None:
    url = with_disk.picture(METROPOLIS, "?position=tr")
    first = asyncio.run(ask(url))
    (renderer,) = with_disk.renderers

    renderer.stop()
    asyncio.run(empty_bucket(stores))
    renderer.start()
    again = asyncio.run(ask(url))

    assert (200, "HIT", first.body) == (again.status, again.cache, again.body)


def test_a_second_look_needs_no_second_download_not_even_after_a_restart(with_disk: Home, sources: Sources) -> None:
    film = sources.film()
    (renderer,) = with_disk.renderers

    answers = [asyncio.run(ask(with_disk.picture(f"{film.imdb}.jpg", f"?position={place}"))) for place in ("tl", "tr")]
    before = (with_disk.number("renderer_disk_art_total", outcome="hit"), sources.count(Source.IMAGES, film))
    renderer.stop()
    renderer.start()
    answers += [asyncio.run(ask(with_disk.picture(f"{film.imdb}.jpg", f"?position={place}"))) for place in ("l", "r")]
    after = (with_disk.number("renderer_disk_art_total", outcome="hit"), sources.count(Source.IMAGES, film))

    assert [True] * 4 == [answer.is_drawn for answer in answers]
    assert [(1, 1), (2, 1)] == [before, after]  # a hit is counted anew after the restart


async def test_a_cache_folder_that_vanishes_is_not_noticed_by_callers(
    with_disk: Home, http: aiohttp.ClientSession
) -> None:
    await fetch(http, with_disk.picture(METROPOLIS, "?position=bl"))

    shutil.rmtree(with_disk.cache)
    with_disk.cache.touch()  # and so it stays lost
    answers = await ask_for_all_kinds(with_disk, http, "?position=br")

    assert {200} == {answer.status for answer in answers}
    assert with_disk.number("renderer_disk_losses_total") > 0
    said = with_disk.renderers[0].said().splitlines()
    lost = [msgspec.json.decode(line)["what"] for line in said if "disk_cache_lost" in line]
    assert ["read", "write"] == sorted(lost)


async def ask(url: str) -> Answer:
    async with aiohttp.ClientSession() as http:
        return await fetch(http, url)


async def empty_bucket(stores: Stores) -> None:
    client = get_session().create_client(
        "s3",
        endpoint_url=stores.s3_url,
        region_name="us-east-1",
        aws_access_key_id="e2e",
        aws_secret_access_key=SECRETS["AWS_SECRET_ACCESS_KEY"],
    )
    async with client as s3:
        for item in (await s3.list_objects_v2(Bucket=stores.bucket)).get("Contents", []):
            await s3.delete_object(Bucket=stores.bucket, Key=item["Key"])
