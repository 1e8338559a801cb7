"""Admins and API keys from a terminal, with nothing but the database.

Exit status: 0 done, 1 cannot be done, 2 the command line is wrong.
"""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TextIO

import msgspec
import typer
from argon2 import PasswordHasher
from rich.console import Console
from rich.table import Table

from gateway.admin.admins_api import create_admin
from gateway.api.field_errors import field_problem
from gateway.auth.passwords import LONGEST, NewPassword, Username
from gateway.db.admins import reset_password
from gateway.db.api_keys import ApiKeys, ManagedKey
from gateway.db.usage import UsageCounts
from gateway.keys.service import ApiKeyService, KeyPatch, NewKey
from shared.config.environment import Secret
from shared.config.process import load_database_url, load_or_exit
from shared.domain.errors import BadRequest, MarqueeError, StoreDown
from shared.stores.postgres import Pool, open_pool

FAILED: Final = 1
USAGE_ERROR: Final = 2
ACTOR: Final = "cli"
"""The actor in the audit log."""

PAGE: Final = 1000
"""Keys listed at a time."""

_MAX_MATCHES: Final = 10
_MAX_DIGITS: Final = 18
_PLAIN_WIDTH: Final = 400
"""Columns of a table that is not written to a terminal: nothing is cut off."""

app: Final = typer.Typer(
    help="Admins and API keys of the database at DATABASE_URL.",
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local variables could show a password
)

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
Key = Annotated[str, typer.Argument(metavar="KEY", help="Number or prefix of the key.", show_default=False)]


@app.command("create-admin")
def create_admin_command(name: Name) -> None:
    """Create an admin. The password is prompted for, or read from a pipe."""

    async def create(pool: Pool) -> None:
        password = PasswordHasher().hash(read_password(sys.stdin))
        account = await create_admin(pool, ACTOR, _read(name, Username, "the name"), password)
        _say(f"Admin {account.username} was created.")

    _run(create, name)


@app.command("reset-password")
def reset_password_command(name: Name) -> None:
    """Set an admin's password and end all their sessions. The password is prompted for, or read from a pipe."""

    async def reset(pool: Pool) -> None:
        password = PasswordHasher().hash(read_password(sys.stdin))
        if not await reset_password(pool, _read(name, Username, "the name"), password, actor=ACTOR):
            raise MarqueeError(public="there is no admin with this name.")
        _say(f"Admin {name} has a new password and is signed out everywhere.")

    _run(reset, name)


@app.command("create-key")
def create_key_command(
    name: Name,
    monthly_limit: Annotated[int, typer.Option(metavar="N", help="Pictures a month; 0 means no limit.")] = 0,
    direct: Annotated[bool, typer.Option("--direct", help="For clients that do not follow redirects.")] = False,  # noqa: FBT002 - a command-line flag
    tier: Annotated[
        int, typer.Option(metavar="N", help="0 to 9, for RPDB clients, which read it from a prefix such as t3-.")
    ] = 0,
) -> None:
    """Create an API key and show it, this once."""

    async def create(pool: Pool) -> None:
        fields = {"name": name, "monthly_limit": monthly_limit, "direct": direct, "tier": tier}
        issued = await ApiKeyService(pool).create(ACTOR, _read(fields, NewKey, "the key"))
        _say(f"Key {issued.id} was created. Save these now: they are not shown again.")
        _say(f"key    {issued.key}\nshare  {issued.share}")

    _run(create, name)


@app.command("list-keys", help=f"List API keys, {PAGE} at a time.")
def list_keys_command(
    search: Annotated[str, typer.Option(metavar="TEXT", help="Part of a name, or the start of a prefix.")] = "",
    page: Annotated[int, typer.Option(metavar="N", min=1, max=1000)] = 1,
) -> None:
    """List API keys."""

    async def list_keys(pool: Pool) -> None:
        keys, total = await ApiKeys(pool).page(search=search, page=page, size=PAGE)
        heads = ("ID", "PREFIX", "NAME", "TIER", "LIMIT", "THIS MONTH", "LAST USED", "STATE")
        _print_table(heads, [_row(key) for key in keys])
        if total > page * PAGE:
            _say(f"Showing {len(keys)} of {total}; --page {page + 1} shows more.")

    _run(list_keys, search)


@app.command("disable-key")
def disable_key_command(key: Key) -> None:
    """Disable an API key. Every replica refuses it within seconds."""
    _run(lambda pool: _set_disabled(pool, key, disabled=True), key)


@app.command("enable-key")
def enable_key_command(key: Key) -> None:
    """Enable a disabled API key."""
    _run(lambda pool: _set_disabled(pool, key, disabled=False), key)


@app.command("delete-key")
def delete_key_command(key: Key) -> None:
    """Delete an API key, its settings and its usage."""

    async def delete(pool: Pool) -> None:
        deleted = await ApiKeyService(pool).delete(ACTOR, (await _find(pool, key)).id)
        _say(f"Key {deleted.id} ({deleted.name}) is deleted.")

    _run(delete, key)


@app.command("usage")
def usage_command(
    key: Key,
    months: Annotated[int, typer.Option(metavar="N", min=1, max=120, help="How many months to show.")] = 12,
) -> None:
    """Show how much an API key was used."""

    async def usage(pool: Pool) -> None:
        found = await _find(pool, key)
        limit = f" of {found.monthly_limit}" if found.monthly_limit else ""
        _say(f"Key {found.id} ({found.name}): {found.requests_this_month}{limit} requests this month.")
        rows = await UsageCounts(pool).months(found.id, months)
        _print_table(("MONTH", "REQUESTS"), [(row.month.isoformat()[:7], row.requests) for row in rows])

    _run(usage, key)


def read_password(stdin: TextIO, *, ask: Callable[[str], str] = getpass.getpass) -> Secret:
    """Prompt for a new password twice, without echo; from a pipe, read the first line. Raises ``BadRequest``."""
    if stdin.isatty():
        password = ask("New password: ")
        if password != ask("Repeat it: "):
            raise BadRequest(public="the two passwords differ.")
    else:
        password = stdin.readline(LONGEST + 2).rstrip("\r\n")
    if not password.isprintable():
        raise BadRequest(public="the password contains a character that cannot be typed when signing in.")
    return Secret(_read(password, NewPassword, "the password"))


def _run(command: Callable[[Pool], Coroutine[Any, Any, None]], *words: str) -> None:
    """Run a command on the database. Every failure becomes one line and an exit status."""
    dsn = load_or_exit(load_database_url)
    try:
        _refuse_unprintable(words)
        asyncio.run(_with_pool(dsn, command))
    except BadRequest as error:
        _fail(error.public, USAGE_ERROR)
    except StoreDown as error:
        _fail(f"the database is not responding: {error}", FAILED)
    except MarqueeError as error:
        _fail(error.public, FAILED)
    except KeyboardInterrupt:
        _fail("interrupted.", FAILED)


async def _with_pool(dsn: str, command: Callable[[Pool], Awaitable[None]]) -> None:
    async with open_pool(dsn, most_connections=1) as pool:
        await command(pool)


async def _set_disabled(pool: Pool, key: str, *, disabled: bool) -> None:
    changed = await ApiKeyService(pool).change(ACTOR, (await _find(pool, key)).id, KeyPatch(disabled=disabled))
    _say(f"Key {changed.id} ({changed.name}) is {'disabled' if disabled else 'enabled'}.")


async def _find(pool: Pool, text: str) -> ManagedKey:
    """Return the key with this number or prefix. Raises ``MarqueeError``."""
    # The messages do not repeat what was typed: it may be a whole key.
    if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS:
        found = await ApiKeys(pool).managed(int(text))
        if found is not None:
            return found
    matches = await ApiKeys(pool).with_prefix(text.lower(), _MAX_MATCHES)
    if not matches:
        raise MarqueeError(public="there is no key with this number or prefix.")
    if len(matches) > 1:
        numbers = ", ".join(str(key.id) for key in matches)
        raise MarqueeError(public=f"several keys have this prefix. Use the number: {numbers}.")
    return matches[0]


def _row(key: ManagedKey) -> tuple[str | int, ...]:
    states = {"free": key.is_free, "direct": key.direct, "disabled": key.disabled}
    return (
        key.id,
        key.key_prefix,
        key.name,
        key.tier,
        key.monthly_limit or "none",
        key.requests_this_month,
        _date(key.last_used_at),
        " ".join(name for name, is_set in states.items() if is_set),
    )


def _date(at: datetime | None) -> str:
    return "never" if at is None else at.strftime("%Y-%m-%d")


def _read(value: object, type_: Any, what: str) -> Any:
    """Convert what was given to its type. Raises ``BadRequest`` that says what is wrong, but not what was given."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise BadRequest(public=f"{what} is not valid. {field_problem(type_, error).sentence}") from None


def _refuse_unprintable(words: Sequence[str]) -> None:
    """Refuse words that Postgres would not accept as text. Raises ``BadRequest``."""
    if not all(word.isprintable() for word in words):
        raise BadRequest(public="an argument contains a character that cannot be printed.")


def _print_table(heads: Sequence[str], rows: Sequence[Sequence[str | int]]) -> None:
    """Print rows in columns: text left-aligned, numbers right-aligned."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for nth, head in enumerate(heads):
        numbers = bool(rows) and all(isinstance(row[nth], int) for row in rows)
        table.add_column(head, justify="right" if numbers else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    Console(file=sys.stdout, markup=False, emoji=False, highlight=False, width=width).print(table)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _fail(text: str, status: int) -> None:
    sys.stderr.write(f"marquee: {text}\n")
    raise typer.Exit(status)
