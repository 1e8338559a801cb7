"""Sign-in of admins: the first one is made, signs in, stays signed in by refresh tokens, and signs out."""

from http import HTTPStatus
from typing import Final

import msgspec
import structlog
from aiohttp import web

from gateway.auth.api import COOKIE, Call, Nothing, Reply
from gateway.auth.limits import REFRESH, SIGN_IN, RateLimits
from gateway.auth.passwords import AnyText, NewPassword, Passwords, Username
from gateway.auth.refusals import Refusal, not_signed_in
from gateway.auth.tokens import AccessTokens, RefreshToken
from shared.clients import Clients
from shared.db.admins import AdminRow, change_password, ensure_admin, find_admin, is_any_admin
from shared.db.pool import Pool
from shared.db.tokens import (
    SessionRow,
    Spending,
    begin_family,
    find_session,
    find_session_of,
    revoke_family,
    revoke_family_of,
    spend_token,
)

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_SCHEME: Final = "bearer "


class NewAdmin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first admin, as the caller wants to be called."""

    username: Username
    password: NewPassword


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an admin signs in with; anything may be tried."""

    username: AnyText
    password: AnyText


class PasswordChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password of now and the next one."""

    old: AnyText
    new: NewPassword


class Standing(msgspec.Struct, frozen=True):
    """How it stands: whether somebody has to make the first admin, and whether the caller is one."""

    setup_needed: bool
    signed_in: bool
    username: str | msgspec.UnsetType = msgspec.UNSET


class SignedIn(msgspec.Struct, frozen=True):
    """The access token, for the ``Authorization`` header; the refresh token is in the cookie."""

    token: str


class SignIn:
    """Answers ``/api/auth/…``. With ``is_open`` whoever comes first may become the first admin."""

    def __init__(
        self,
        pool: Pool,
        *,
        passwords: Passwords,
        tokens: AccessTokens,
        limits: RateLimits,
        clients: Clients,
        is_open: bool,
    ) -> None:
        self._pool, self._passwords, self._tokens = pool, passwords, tokens
        self._limits, self._clients, self._is_open = limits, clients, is_open

    async def session(self, request: web.Request) -> SessionRow:
        """Return the sign-in whose access token a request carries. Raises a 401 ``Refusal``, ``StoreDown``.

        Postgres is asked each time, so that a sign-out, a new password and a deleted admin count at once.
        """
        header = request.headers.get("Authorization", "")
        if not header.lower().startswith(_SCHEME):
            raise not_signed_in()
        session = await find_session(self._pool, self._tokens.read(header[len(_SCHEME) :].strip()))
        if session is None:
            raise not_signed_in()
        return session

    async def status(self, call: Call, _: Nothing) -> Reply:
        """Tell how it stands; a caller with a refresh token that is good counts as signed in."""
        session = await self._present(call.request)
        if session is not None:
            return Reply(Standing(setup_needed=False, signed_in=True, username=session.name))
        setup_needed = self._is_open and not await is_any_admin(self._pool)
        return Reply(Standing(setup_needed=setup_needed, signed_in=False))

    async def setup(self, call: Call, body: NewAdmin) -> Reply:
        """Make the first admin and sign in."""
        await self._limits.take(SIGN_IN, self._clients.of(call.request))
        if not self._is_open:
            raise Refusal(HTTPStatus.FORBIDDEN, "The first admin is the one that the configuration names.")
        # Looked at before the hash is made, which is dear, and again when the admin is.
        if await is_any_admin(self._pool) or not await ensure_admin(
            self._pool, body.username, await self._passwords.hash(body.password)
        ):
            raise Refusal(HTTPStatus.CONFLICT, "There is an admin already. Please sign in.")
        log.info("first_admin_made")
        return await self._begin(await find_admin(self._pool, body.username))

    async def login(self, call: Call, body: Credentials) -> Reply:
        """Sign in."""
        await self._limits.take(SIGN_IN, self._clients.of(call.request))
        # Postgres keeps no NUL in a text, so no admin has one in the name.
        admin = None if "\0" in body.username else await find_admin(self._pool, body.username)
        is_right = await self._passwords.verify(admin.password_hash if admin else None, body.password)
        return await self._begin(admin if is_right else None)

    async def refresh(self, call: Call, _: Nothing) -> Reply:
        """Give a new access token for a refresh token, and a new one of those."""
        await self._limits.take(REFRESH, self._clients.of(call.request))
        token, following = RefreshToken.read(call.request.cookies.get(COOKIE)), RefreshToken.new()
        if token is None:
            raise not_signed_in()
        spending, session = await spend_token(self._pool, token.digest, following.digest)
        if spending is Spending.REUSED and session is not None:
            log.warning("refresh_token_reused", by=session.actor, family=session.family)
        if spending is not Spending.GOOD or session is None:
            raise not_signed_in()
        return Reply(SignedIn(self._tokens.sign(session)), refresh_token=following.text)

    async def logout(self, call: Call, _: Nothing) -> Reply:
        """End the caller's sign-in, however it is shown; without one there is nothing to end."""
        token = RefreshToken.read(call.request.cookies.get(COOKIE))
        if token is not None:
            await revoke_family_of(self._pool, token.digest)
        try:
            session = await self.session(call.request)
        except Refusal:
            pass
        else:
            await revoke_family(self._pool, session.family)
            log.info("signed_out", by=session.actor)
        return Reply(Standing(setup_needed=False, signed_in=False), refresh_token="")

    async def password(self, call: Call, body: PasswordChange) -> Reply:
        """Change the password, which ends the admin's other sign-ins."""
        await self._limits.take(SIGN_IN, self._clients.of(call.request))
        session = call.caller
        admin = await find_admin(self._pool, session.name)
        if admin is None or not await self._passwords.verify(admin.password_hash, body.old):
            log.warning("admin_password_refused", by=session.actor)
            # Not 401: the caller is signed in, and a page would sign them out at that.
            raise Refusal(HTTPStatus.FORBIDDEN, "The old password is wrong.")
        password_hash = await self._passwords.hash(body.new)
        if not await change_password(self._pool, admin, password_hash, keep_family=session.family):
            raise Refusal(HTTPStatus.CONFLICT, "The password was changed elsewhere meanwhile.")
        log.info("admin_password_changed", admin=admin.id)
        return Reply(Standing(setup_needed=False, signed_in=True, username=session.name))

    async def _begin(self, admin: AdminRow | None) -> Reply:
        """Begin a sign-in of whoever has shown to be this admin; nobody has when there is none."""
        token = RefreshToken.new()
        family = None if admin is None else await begin_family(self._pool, admin, token.digest)
        if admin is None or family is None:
            log.warning("admin_sign_in_refused")
            raise Refusal(HTTPStatus.UNAUTHORIZED, "The name or the password is wrong.")
        log.info("admin_signed_in", admin=admin.id, family=family)
        access = self._tokens.sign(SessionRow(family, admin.id, None, admin.username))
        return Reply(SignedIn(access), refresh_token=token.text)

    async def _present(self, request: web.Request) -> SessionRow | None:
        """Return the caller's sign-in by either token, or ``None``."""
        try:
            return await self.session(request)
        except Refusal:
            token = RefreshToken.read(request.cookies.get(COOKIE))
        return None if token is None else await find_session_of(self._pool, token.digest)
