"""What operators do at a terminal, on a real Postgres."""

import asyncio
import io
import os
import re
import secrets
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from gateway.auth.passwords import LONGEST
from gateway.cli.commands import app, read_password
from gateway.db.audit import audit_entries
from gateway.db.usage import UsageCounts
from shared.domain.errors import BadRequest
from shared.stores.postgres import Pool, connection
from tests.gateway.auth.caller import CREDENTIALS, NAME, PASSWORD, Caller
from tests.stack.api_keys import create_key


@dataclass
class Said:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        return [re.split(r"  +", line.strip()) for line in self.out.splitlines()]


@dataclass
class Operator:
    """Somebody at a terminal with the gateway's environment."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    async def do(self, *words: str, typed: str = "") -> Said:
        self.monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        self.capsys.readouterr()
        try:
            status = await asyncio.to_thread(app, words)
        except SystemExit as ended:
            status = int(ended.code or 0)
        return Said(status, *self.capsys.readouterr())

    async def new_key(self, name: str = "home", *words: str) -> tuple[str, str, str]:
        """Make a key; return its number, itself and its share form."""
        said = await self.do("create-key", name, *words)
        assert said.status == 0, said.err
        shown = re.fullmatch(r"Key (\d+) .*\nkey {4}([0-9a-f]{64})\nshare {2}(h\.[0-9a-f]{32})\n", said.out)
        assert shown is not None, "not what a new key looks like"
        return shown[1], shown[2], shown[3]


@pytest.fixture
def operator(
    pool: Pool,  # noqa: ARG001 - asked for to be clean
    postgres_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Operator:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    return Operator(capsys, monkeypatch)


async def test_an_admin_who_is_made_here_signs_in(operator: Operator, caller: Caller) -> None:
    said = await operator.do("create-admin", NAME, typed=f"{PASSWORD}\nmore\n")

    assert (0, f"Admin {NAME} was created.\n", "") == (said.status, said.out, said.err)
    await caller.sign_in()


async def test_a_password_that_is_reset_signs_everybody_out(operator: Operator, admin: Caller) -> None:
    said = await operator.do("reset-password", NAME, typed="battery staple")

    assert (0, "") == (said.status, said.err)
    assert 401 == (await admin.get("/api/admin/admins")).status
    await admin.stranger().sign_in(body=CREDENTIALS | {"password": "battery staple"})


async def test_a_key_that_is_made_here_is_shown_once_and_works(operator: Operator, caller: Caller) -> None:
    number, key, share = await operator.new_key("home", "--monthly-limit", "500", "--direct", "--tier", "3")

    listed = await operator.do("list-keys")
    assert [200, 200] == [(await caller.get(f"/{text}/isValid")).status for text in (key, share)]
    assert [number, key[:8], "home", "3", "500", "0", "never", "direct"] == [
        cell for row in listed.rows if "home" in row for cell in row if cell
    ]
    assert not {key, share} & set(listed.out.split())


async def test_keys_are_listed_in_columns(operator: Operator) -> None:
    for name in ("a", "a much longer name"):
        await operator.new_key(name)

    said = await operator.do("list-keys")
    found = await operator.do("list-keys", "--search", "MUCH")

    head, *lines = said.out.splitlines()
    names = ["free", "a ", "a much longer name"]
    at = head.index("NAME")
    assert (0, 2) == (said.status, len(found.out.splitlines()))
    assert names == [line[at : at + len(name)] for line, name in zip(lines, names, strict=True)]
    assert "free" == lines[0].split()[-1]


async def test_a_long_list_says_how_it_goes_on(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.commands.PAGE", 2)
    for name in ("one", "two"):
        await operator.new_key(name)

    first, second = await operator.do("list-keys"), await operator.do("list-keys", "--page", "2")

    assert "Showing 2 of 3; --page 2 shows more." == first.out.splitlines()[-1]
    assert (2, True) == (len(second.rows), "two" in second.out)


@pytest.mark.parametrize("by", ["number", "prefix"])
async def test_a_key_is_disabled_enabled_and_deleted(operator: Operator, caller: Caller, by: str) -> None:
    number, key, _ = await operator.new_key()
    named, answers, statuses = number if by == "number" else key[:8].upper(), [], []

    for command in ("disable-key", "enable-key", "delete-key", "delete-key"):
        statuses.append((await operator.do(command, named)).status)
        signed_in = await caller.stranger().post("/api/auth/key-login", {"key": key})
        answers.append(signed_in.status)

    assert ([0, 0, 0, 1], [401, 200, 401, 401]) == (statuses, answers)


async def test_a_prefix_of_several_keys_names_none_of_them(operator: Operator, pool: Pool) -> None:
    rows = [
        await create_key(pool, name=name, key_hash=secrets.token_bytes(32), key_prefix="abcdef01")
        for name in ("one", "two")
    ]

    said = await operator.do("delete-key", "abcdef01")

    numbers = ", ".join(str(row.id) for row in rows)
    assert (1, "", f"marquee: several keys have this prefix. Use the number: {numbers}.\n") == (
        said.status, said.out, said.err,
    )  # fmt: skip


async def test_the_free_key_cannot_be_deleted_or_disabled_here(operator: Operator) -> None:
    said = [await operator.do(command, "t0-free-") for command in ("delete-key", "disable-key")]

    assert [1, 1] == [each.status for each in said]
    assert all("global settings" in each.err for each in said)


async def test_usage_is_shown_by_month(operator: Operator, pool: Pool) -> None:
    number, key, _ = await operator.new_key("home", "--monthly-limit", "500")
    today = datetime.now(UTC).date()
    earlier = today.replace(year=today.year - 1, day=1)
    for day, requests in ((today, 11), (earlier, 7)):
        await UsageCounts(pool).add({int(number): requests}, day)

    said, short = await operator.do("usage", key[:8]), await operator.do("usage", number, "--months", "1")

    assert f"Key {number} (home): 11 of 500 requests this month." == said.out.splitlines()[0]
    assert [f"{today:%Y-%m}", "11", f"{earlier:%Y-%m}", "7"] == " ".join(said.out.splitlines()[2:]).split()
    assert (0, 3) == (short.status, len(short.out.splitlines()))


async def test_what_is_done_here_is_written_down_without_a_secret(operator: Operator, pool: Pool) -> None:
    await operator.do("create-admin", NAME, typed=PASSWORD)
    await operator.do("reset-password", NAME, typed="battery staple")
    number, key, share = await operator.new_key()
    for command in ("disable-key", "enable-key", "delete-key"):
        await operator.do(command, number)

    entries = await audit_entries(pool, before=None, most=9)
    async with connection(pool) as db:
        kept = await db.fetchval("SELECT string_agg(a::text, ' ') FROM audit_log a")
    actions = ["key_deleted", "key_changed", "key_changed", "key_created", "password_changed", "admin_created"]
    assert (actions, {"cli"}) == ([entry.action for entry in entries], {entry.actor for entry in entries})
    assert [] == [secret for secret in (PASSWORD, "battery staple", key, share[2:], "argon2") if secret in kept]


@pytest.mark.parametrize(
    ("words", "typed", "status"),
    [
        ([], "", 2),
        (["create-admin"], "", 2),
        (["create-admin", "root", "a password"], "", 2),
        (["create-admin", "a b"], PASSWORD, 2),
        (["create-admin", "root"], "short", 2),
        (["create-admin", "root"], "x" * (LONGEST + 1), 2),
        (["create-admin", "root"], "a bell \a rings", 2),
        (["reset-password", "nobody"], PASSWORD, 1),
        (["create-key", ""], "", 2),
        (["create-key", "a\nb"], "", 2),
        (["create-key", "\udcff"], "", 2),
        (["create-key", "x", "--tier", "10"], "", 2),
        (["create-key", "x", "--monthly-limit", "many"], "", 2),
        (["list-keys", "--page", "0"], "", 2),
        (["usage", "1", "--months", "0"], "", 2),
        (["usage", "999999999"], "", 1),
        (["disable-key", "0" * 64], "", 1),
        (["enable-key", "9" * 30], "", 1),
        (["fly"], "", 2),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(
    operator: Operator, pool: Pool, words: list[str], typed: str, status: int
) -> None:
    said = await operator.do(*words, typed=typed)

    assert (status, "") == (said.status, said.out)
    assert ("Traceback" in said.err, said.err.rstrip()[-1:]) != (True, "")
    assert [] == [secret for secret in (PASSWORD, "0" * 64) if secret in said.err]
    assert [] == list(await audit_entries(pool, before=None, most=9))


async def test_a_name_that_is_taken_is_not_made_again(operator: Operator) -> None:
    said = [await operator.do("create-admin", NAME, typed=PASSWORD) for _ in range(2)]

    assert [0, 1] == [each.status for each in said]


async def test_without_postgres_or_its_address_that_is_said(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:hunter22@127.0.0.1:9/none")
    down = await operator.do("list-keys")
    monkeypatch.delenv("DATABASE_URL")
    unset = await operator.do("list-keys")

    assert (1, 1, False) == (down.status, unset.status, "hunter22" in down.err)
    assert ("database is not responding" in down.err, "DATABASE_URL" in unset.err) == (True, True)


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass
class Typist:
    """Answers what is asked without being shown."""

    words: list[str]

    def ask(self, _: str) -> str:
        return self.words.pop(0)


def test_at_a_terminal_a_password_is_asked_for_twice_and_not_read_from_what_is_shown() -> None:
    sure, unsure = Typist([PASSWORD, PASSWORD]), Typist([PASSWORD, "battery staple"])

    password = read_password(Screen("what stands there"), ask=sure.ask)

    assert (PASSWORD, [], False) == (password, sure.words, PASSWORD in repr(password))
    with pytest.raises(BadRequest):
        read_password(Screen(), ask=unsure.ask)


@pytest.mark.parametrize("module", ["gateway.cli", "gateway.admin"])
async def test_it_is_a_program_of_its_own_that_ends(operator: Operator, postgres_url: str, module: str) -> None:
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", module, "create-admin", NAME],
        input=f"{PASSWORD}\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"DATABASE_URL": postgres_url, "PATH": os.defpath},
    )
    again = await operator.do("create-admin", NAME, typed=PASSWORD)

    assert (0, f"Admin {NAME} was created.\n", "") == (ended.returncode, ended.stdout, ended.stderr)
    assert 1 == again.status
