"""The admins: listed, created and removed."""

from datetime import datetime
from http import HTTPStatus
from typing import Self, assert_never

import msgspec
import structlog

from gateway.api.api_error import ApiError
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.auth.passwords import Passwords
from gateway.auth.sign_in_api import NewAdmin
from gateway.db.admins import AdminAccount, AdminRemoval, add_admin, find_admins, remove_admin
from gateway.db.audit import Action, Change, changing
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class AdminPage(msgspec.Struct, frozen=True, kw_only=True):
    """An admin; ``is_you`` marks the caller's own account."""

    id: int
    username: str
    created_at: datetime
    is_you: bool

    @classmethod
    def of(cls, account: AdminAccount, you: int | None) -> Self:
        """Return an account as the admin ``you`` sees it."""
        return cls(id=account.id, username=account.username, created_at=account.created_at, is_you=account.id == you)


class AdminList(msgspec.Struct, frozen=True):
    """All admins, oldest first."""

    admins: list[AdminPage]


class AdminsApi:
    """Serves ``/api/admin/admins``."""

    def __init__(self, pool: Pool, passwords: Passwords) -> None:
        self._pool, self._passwords = pool, passwords

    async def list(self, call: Call, _: NoBody) -> Reply:
        """Return all admins."""
        you = call.caller.admin_id
        return Reply(AdminList([AdminPage.of(account, you) for account in await find_admins(self._pool)]))

    async def create(self, call: Call, body: NewAdmin) -> Reply:
        """Create an admin."""
        password_hash = await self._passwords.hash(body.password)
        account = await create_admin(self._pool, call.actor, body.username, password_hash)
        log.info("admin_created", admin=account.id, by=call.actor)
        return Reply(AdminPage.of(account, call.caller.admin_id))

    async def delete(self, call: Call, _: NoBody) -> Reply:
        """Remove another admin, which ends their sessions, and return the account."""
        admin_id = call.number("id")
        if admin_id == call.caller.admin_id:
            raise ApiError(HTTPStatus.CONFLICT, "You cannot remove yourself. Another admin can.")
        async with changing(self._pool, call.actor, Action.ADMIN_DELETED) as change:
            account = await _remove(change, admin_id)
        log.info("admin_deleted", admin=account.id, by=call.actor)
        return Reply(AdminPage.of(account, None))


async def create_admin(pool: Pool, actor: str, username: str, password_hash: str) -> AdminAccount:
    """Create an admin; ``actor`` is for the audit log. Raises a 409 ``ApiError``, ``StoreDown``."""
    async with changing(pool, actor, Action.ADMIN_CREATED) as change:
        account = await add_admin(change.db, username, password_hash)
        if account is None:
            raise ApiError(HTTPStatus.CONFLICT, "The name is taken, or there are too many admins.")
        change.target = f"admin:{username}"
    return account


async def _remove(change: Change, admin_id: int) -> AdminAccount:
    removal, account = await remove_admin(change.db, admin_id)
    if account is not None:
        change.target = f"admin:{account.username}"
        return account
    match removal:
        case AdminRemoval.UNKNOWN | AdminRemoval.DONE:
            raise ApiError(HTTPStatus.NOT_FOUND, "No admin with this id.")
        case AdminRemoval.LAST:
            raise ApiError(HTTPStatus.CONFLICT, "The only admin cannot be removed.")
        case _:
            assert_never(removal)
