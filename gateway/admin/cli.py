"""The operator's command line for admins and API keys; it needs only the database.

The exit status is 0 on success, 1 on failure, and 2 for invalid arguments.
"""

import asyncio
import getpass
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TextIO

import msgspec
from argon2 import PasswordHasher

from gateway.admin.admins_api import create_admin
from gateway.admin.table import table
from gateway.auth.passwords import LONGEST, NewPassword, Username
from gateway.db.admins import reset_password
from gateway.db.api_keys import ApiKeys, ManagedKey
from gateway.db.usage import UsageCounts
from gateway.keys.service import ApiKeyService, KeyPatch, NewKey
from shared.config.common import load_database_url, load_or_exit
from shared.config.environment import Secret
from shared.domain.errors import BadRequest, MarqueeError, StoreDown
from shared.stores.postgres import Pool, open_pool

FAILED: Final = 1
INVALID: Final = 2
ACTOR: Final = "cli"
"""The actor in the audit log."""

PAGE: Final = 1000
"""Keys per page."""

_MOST_SHOWN: Final = 10
_MAX_ID_DIGITS: Final = 18


def main(words: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    args = _parser().parse_args(words)
    dsn = load_or_exit(load_database_url)
    try:
        _refuse_bytes(args)
        if "password" in args:
            args.password = read_password(sys.stdin)
        asyncio.run(_run(dsn, args))
    except BadRequest as error:
        _complain(error.public)
        return INVALID
    except StoreDown as error:
        _complain(f"the database cannot be reached: {error}")
        return FAILED
    except MarqueeError as error:
        _complain(error.public)
        return FAILED
    except KeyboardInterrupt:
        _complain("interrupted.")
        return FAILED
    return 0


def read_password(stdin: TextIO, *, ask: Callable[[str], str] = getpass.getpass) -> Secret:
    """Prompt for a new password twice without echo, or read the first line of a pipe. Raises ``BadRequest``."""
    if stdin.isatty():
        password = ask("New password: ")
        if password != ask("Repeat it: "):
            raise BadRequest(public="the passwords do not match.")
    else:
        password = stdin.readline(LONGEST + 2).rstrip("\r\n")
    if not password.isprintable():
        raise BadRequest(public="the password contains characters that cannot be typed.")
    return Secret(_read(password, NewPassword, "the password"))


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m gateway.admin", description="Admins and API keys of the database at DATABASE_URL."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, does: Callable[[Pool, Namespace], Any], sentence: str, *words: str) -> ArgumentParser:
        each = commands.add_parser(name, help=sentence, description=sentence)
        each.set_defaults(does=does)
        for word in words:
            each.add_argument(word.lower(), metavar=word)
        return each

    asks = "Prompts for the password, or reads it from a pipe."
    command("create-admin", _create_admin, f"Create an admin. {asks}", "NAME").set_defaults(password="")
    command(
        "reset-password", _reset_password, f"Set an admin's password and end all their sessions. {asks}", "NAME"
    ).set_defaults(password="")
    create = command("create-key", _create_key, "Create an API key. It is shown only once.", "NAME")
    create.add_argument(
        "--monthly-limit", type=int, default=0, metavar="N", help="pictures per month; 0 means no limit"
    )
    create.add_argument("--direct", action="store_true", help="for clients that do not follow redirects")
    create.add_argument("--tier", type=int, default=0, metavar="N", help="0 to 9")
    listing = command("list-keys", _list_keys, f"List API keys, {PAGE} at a time.")
    listing.add_argument("--search", default="", metavar="TEXT", help="part of the name, or the start of the prefix")
    listing.add_argument("--page", type=int, default=1, metavar="N")
    command("disable-key", _disable_key, "Disable an API key within seconds.", "KEY")
    command("enable-key", _enable_key, "Enable a disabled API key.", "KEY")
    command("delete-key", _delete_key, "Delete an API key with its settings and usage.", "KEY")
    usage = command("usage", _usage, "Show the usage of an API key. KEY is its id or prefix.", "KEY")
    usage.add_argument("--months", type=int, default=12, metavar="N", help="number of months, 1 to 120")
    return parser


async def _run(dsn: str, args: Namespace) -> None:
    async with open_pool(dsn, most_connections=1) as pool:
        await args.does(pool, args)


async def _create_admin(pool: Pool, args: Namespace) -> None:
    name = _read(args.name, Username, "the name")
    account = await create_admin(pool, ACTOR, name, PasswordHasher().hash(args.password))
    _say(f"Admin {account.username} created.")


async def _reset_password(pool: Pool, args: Namespace) -> None:
    name = _read(args.name, Username, "the name")
    if not await reset_password(pool, name, PasswordHasher().hash(args.password), actor=ACTOR):
        raise MarqueeError(public="no admin with this name.")
    _say(f"Changed the password of the admin {name}. All their sessions have ended.")


async def _create_key(pool: Pool, args: Namespace) -> None:
    fields = {name: getattr(args, name) for name in NewKey.__struct_fields__}
    issued = await ApiKeyService(pool).create(ACTOR, _read(fields, NewKey, "the key"))
    _say(f"Key {issued.id} created. Save these now: they are not shown again.")
    _say(f"key    {issued.key}\nshare  {issued.share}")


async def _list_keys(pool: Pool, args: Namespace) -> None:
    if not 1 <= args.page <= PAGE:
        raise BadRequest(public=f"--page must be between 1 and {PAGE}.")
    keys, total = await ApiKeys(pool).page(search=args.search, page=args.page, size=PAGE)
    heads = ("ID", "PREFIX", "NAME", "TIER", "LIMIT", "THIS MONTH", "LAST USED", "STATE")
    _say(table(heads, [_row(key) for key in keys]))
    if total > args.page * PAGE:
        _say(f"{len(keys)} of {total} keys; --page {args.page + 1} shows more.")


async def _disable_key(pool: Pool, args: Namespace) -> None:
    key = await ApiKeyService(pool).change(ACTOR, (await _find(pool, args.key)).id, KeyPatch(disabled=True))
    _say(f"Key {key.id} ({key.name}) is disabled.")


async def _enable_key(pool: Pool, args: Namespace) -> None:
    key = await ApiKeyService(pool).change(ACTOR, (await _find(pool, args.key)).id, KeyPatch(disabled=False))
    _say(f"Key {key.id} ({key.name}) is enabled.")


async def _delete_key(pool: Pool, args: Namespace) -> None:
    key = await ApiKeyService(pool).delete(ACTOR, (await _find(pool, args.key)).id)
    _say(f"Key {key.id} ({key.name}) is deleted.")


async def _usage(pool: Pool, args: Namespace) -> None:
    if not 1 <= args.months <= 120:  # noqa: PLR2004 - ten years
        raise BadRequest(public="--months must be between 1 and 120.")
    key = await _find(pool, args.key)
    limit = f" of {key.monthly_limit}" if key.monthly_limit else ""
    _say(f"Key {key.id} ({key.name}): {key.requests_this_month}{limit} requests this month.")
    months = await UsageCounts(pool).months(key.id, args.months)
    _say(table(("MONTH", "REQUESTS"), [(row.month.isoformat()[:7], row.requests) for row in months]))


async def _find(pool: Pool, text: str) -> ManagedKey:
    """Return the key with an id or a prefix. Raises ``MarqueeError``."""
    # Errors do not repeat the argument: it may be a whole key.
    if text.isascii() and text.isdigit() and len(text) <= _MAX_ID_DIGITS:
        found = await ApiKeys(pool).managed(int(text))
        if found is not None:
            return found
    several = await ApiKeys(pool).with_prefix(text.lower(), _MOST_SHOWN)
    if not several:
        raise MarqueeError(public="no key with this id or prefix.")
    if len(several) > 1:
        numbers = ", ".join(str(key.id) for key in several)
        raise MarqueeError(public=f"several keys have this prefix. Use one of the ids {numbers}.")
    return several[0]


def _row(key: ManagedKey) -> tuple[str | int, ...]:
    states = {"free": key.is_free, "direct": key.direct, "disabled": key.disabled}
    return (
        key.id,
        key.key_prefix,
        key.name,
        key.tier,
        key.monthly_limit or "none",
        key.requests_this_month,
        _moment(key.last_used_at),
        " ".join(name for name, is_so in states.items() if is_so),
    )


def _moment(at: datetime | None) -> str:
    return "never" if at is None else at.strftime("%Y-%m-%d")


def _read(value: object, type_: Any, what: str) -> Any:
    """Convert a value to its type. Raises ``BadRequest``, which does not repeat the value."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        raise BadRequest(public=f"{what} is not valid: {error}.") from None


def _refuse_bytes(args: Namespace) -> None:
    """Refuse arguments that Postgres cannot store as text. Raises ``BadRequest``."""
    for word in vars(args).values():
        if isinstance(word, str) and not word.isprintable():
            raise BadRequest(public="an argument contains unprintable characters.")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"marquee: {text}\n")
