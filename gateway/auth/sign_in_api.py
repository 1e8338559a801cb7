"""Sign-in of admins and key holders: started by a password or a key, extended by refresh tokens, ended by sign-out."""

from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Self

import msgspec
import structlog
from aiohttp import web

from gateway.api.api_error import ApiError, not_signed_in
from gateway.api.api_response import COOKIE, PAGE_COOKIE
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.auth.passwords import AnyText, NewPassword, Passwords, Username
from gateway.auth.session_tokens import AccessTokens, RefreshToken
from gateway.auth.sign_in_limits import REFRESH, SIGN_IN, STANDING, SignInLimits
from gateway.db.admins import AdminRow, change_password, ensure_admin, find_admin, is_any_admin, renew_hash
from gateway.db.api_keys import ApiKeys
from gateway.db.sessions import (
    SessionRow,
    Spending,
    begin_family,
    begin_key_family,
    find_session,
    find_session_of,
    revoke_family,
    revoke_family_of,
    spend_token,
)
from gateway.keys.token import Form, KeyToken
from shared.domain.errors import Busy, InvalidApiKey, StoreDown
from shared.http.client_ip import ClientIps
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

_SCHEME: Final = "bearer "


class NewAdmin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The name and password of a new admin."""

    username: Username
    password: NewPassword


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An admin's credentials; any text may be tried."""

    username: AnyText
    password: AnyText


class KeyCredentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key holder's credentials; any text may be tried."""

    key: AnyText


class PasswordChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The current password and the new one."""

    old: AnyText
    new: NewPassword


class SessionRole(StrEnum):
    """The role of a session."""

    ADMIN = "admin"
    KEY = "key"


class SessionStatus(msgspec.Struct, frozen=True):
    """Whether the first admin must be created, and who the caller is signed in as."""

    setup_needed: bool
    signed_in: bool
    role: SessionRole | msgspec.UnsetType = msgspec.UNSET
    username: str | msgspec.UnsetType = msgspec.UNSET
    key_name: str | msgspec.UnsetType = msgspec.UNSET
    expires_at: datetime | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, session: SessionRow) -> Self:
        """Return the status of a session."""
        is_admin = session.key_id is None
        return cls(
            setup_needed=False,
            signed_in=True,
            role=SessionRole.ADMIN if is_admin else SessionRole.KEY,
            username=session.name if is_admin else msgspec.UNSET,
            key_name=msgspec.UNSET if is_admin else session.name,
            expires_at=session.expires_at,
        )


class SignedIn(msgspec.Struct, frozen=True):
    """The access token, for the ``Authorization`` header; the refresh token is in the cookie."""

    token: str


class SignInApi:
    """Serves ``/api/auth/…``. With ``is_open`` the first caller of ``setup`` becomes the first admin.

    Without ``public_pages`` a sign-in also sets the cookie that opens the pages.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        passwords: Passwords,
        tokens: AccessTokens,
        limits: SignInLimits,
        clients: ClientIps,
        is_open: bool,
        public_pages: bool = True,
    ) -> None:
        self._pool, self._passwords, self._tokens = pool, passwords, tokens
        self._limits, self._clients, self._is_open = limits, clients, is_open
        self._public_pages = public_pages

    async def session(self, request: web.Request) -> SessionRow:
        """Return the session of a request's access token. Raises a 401 ``ApiError``, ``StoreDown``.

        Postgres is queried each time, so that a sign-out, a new password or a removed admin takes effect at once.
        """
        header = request.headers.get("Authorization", "")
        if not header.lower().startswith(_SCHEME):
            raise not_signed_in()
        session = await find_session(self._pool, self._tokens.read(header[len(_SCHEME) :].strip()))
        if session is None:
            raise not_signed_in()
        return session

    async def may_open_pages(self, request: web.Request) -> bool:
        """Return whether a request comes from somebody who is signed in, by its cookie. Raises ``StoreDown``."""
        try:
            family = self._tokens.read_for_pages(request.cookies.get(PAGE_COOKIE, ""))
        except ApiError:
            return False
        return await find_session(self._pool, family) is not None

    async def status(self, call: Call, _: NoBody) -> Reply:
        """Return the session's status; a valid refresh token counts as signed in."""
        await self._limits.take_if_known(STANDING, self._clients.of(call.request))
        session = await self._session_by_either_token(call.request)
        if session is not None:
            return Reply(SessionStatus.of(session))
        setup_needed = self._is_open and not await is_any_admin(self._pool)
        return Reply(SessionStatus(setup_needed=setup_needed, signed_in=False))

    async def setup(self, call: Call, body: NewAdmin) -> Reply:
        """Create the first admin and sign in."""
        await self._limits.take(SIGN_IN, self._clients.of(call.request))
        if not self._is_open:
            raise ApiError(HTTPStatus.FORBIDDEN, "The first admin is set in the configuration.")
        # Checked before the expensive hash, and again when the admin is created.
        if await is_any_admin(self._pool) or not await ensure_admin(
            self._pool, body.username, await self._passwords.hash(body.password), actor=f"admin:{body.username}"
        ):
            raise ApiError(HTTPStatus.CONFLICT, "There is already an admin. Please sign in.")
        log.info("first_admin_made")
        return await self._begin_admin(await find_admin(self._pool, body.username))

    async def login(self, call: Call, body: Credentials) -> Reply:
        """Sign in."""
        await self._limits.take(SIGN_IN, self._clients.of(call.request))
        await self._limits.require_account(body.username)
        # Postgres cannot store NUL in text, so no admin has one in the name.
        admin = None if "\0" in body.username else await find_admin(self._pool, body.username)
        is_right = await self._passwords.verify(admin.password_hash if admin else None, body.password)
        if not is_right:
            await self._limits.count_wrong_password(body.username)
        reply = await self._begin_admin(admin if is_right else None)
        if admin is not None and self._passwords.is_outdated(admin.password_hash):
            await self._renew(admin, body.password)
        return reply

    async def key_login(self, call: Call, body: KeyCredentials) -> Reply:
        """Sign in with an API key; read-only keys and the free key are for pictures only."""
        await self._limits.take(SIGN_IN, self._clients.of(call.request))
        token, session = RefreshToken.new(), None
        key_id = await self._find_key(body.key)
        if key_id is not None:
            session = await begin_key_family(self._pool, key_id, token.digest)
        if session is None:
            log.warning("key_sign_in_refused")
            raise ApiError(HTTPStatus.UNAUTHORIZED, "This API key is not valid.")
        return self._begun(session, token)

    async def refresh(self, call: Call, _: NoBody) -> Reply:
        """Exchange a refresh token for an access token and a new refresh token."""
        await self._limits.take(REFRESH, self._clients.of(call.request))
        token, successor = RefreshToken.read(call.request.cookies.get(COOKIE)), RefreshToken.new()
        if token is None:
            raise not_signed_in()
        spending, session = await spend_token(self._pool, token.digest, successor.digest)
        if spending is Spending.REUSED and session is not None:
            log.warning("refresh_token_reused", by=session.actor, family=session.family)
        if spending is not Spending.GOOD or session is None:
            raise not_signed_in()
        return self._signed_in(session, successor)

    async def logout(self, call: Call, _: NoBody) -> Reply:
        """End the caller's session, given by either token; without one there is nothing to do."""
        await self._limits.take_if_known(STANDING, self._clients.of(call.request))
        token = RefreshToken.read(call.request.cookies.get(COOKIE))
        if token is not None:
            await revoke_family_of(self._pool, token.digest)
        try:
            session = await self.session(call.request)
        except ApiError:
            pass
        else:
            await revoke_family(self._pool, session.family)
            log.info("signed_out", by=session.actor)
        page_token = None if self._public_pages else ""
        return Reply(SessionStatus(setup_needed=False, signed_in=False), refresh_token="", page_token=page_token)

    async def password(self, call: Call, body: PasswordChange) -> Reply:
        """Change the password and end the admin's other sessions."""
        await self._limits.take(SIGN_IN, self._clients.of(call.request))
        session = call.caller
        await self._limits.require_account(session.name)
        admin = await find_admin(self._pool, session.name)
        if admin is None or not await self._passwords.verify(admin.password_hash, body.old):
            await self._limits.count_wrong_password(session.name)
            log.warning("admin_password_refused", by=session.actor)
            # Not 401: the caller is signed in, and the page would sign them out.
            raise ApiError(HTTPStatus.FORBIDDEN, "The old password is wrong.")
        password_hash = await self._passwords.hash(body.new)
        if not await change_password(self._pool, admin, password_hash, keep_family=session.family):
            raise ApiError(HTTPStatus.CONFLICT, "The password has been changed elsewhere.")
        log.info("admin_password_changed", admin=admin.id)
        return Reply(SessionStatus.of(session))

    async def _begin_admin(self, admin: AdminRow | None) -> Reply:
        """Start a session of an admin whose password was verified; ``None`` means that it was not."""
        token = RefreshToken.new()
        session = None if admin is None else await begin_family(self._pool, admin, token.digest)
        if session is None:
            log.warning("admin_sign_in_refused")
            raise ApiError(HTTPStatus.UNAUTHORIZED, "The name or the password is wrong.")
        return self._begun(session, token)

    def _begun(self, session: SessionRow, token: RefreshToken) -> Reply:
        log.info("signed_in", by=session.actor, family=session.family)
        return self._signed_in(session, token)

    def _signed_in(self, session: SessionRow, token: RefreshToken) -> Reply:
        page_token = None if self._public_pages else self._tokens.sign_for_pages(session)
        return Reply(SignedIn(self._tokens.sign(session)), refresh_token=token.text, page_token=page_token)

    async def _renew(self, admin: AdminRow, password: str) -> None:
        """Rehash a password with current parameters; if that fails, the next sign-in tries again."""
        with suppress(Busy, StoreDown):
            await renew_hash(self._pool, admin, await self._passwords.hash(password))

    async def _find_key(self, text: str) -> int | None:
        """Return the id of a full key, or ``None``."""
        try:
            token = KeyToken.parse(text)
        except InvalidApiKey:
            return None
        if token.form is not Form.KEY:
            return None
        (key,) = await ApiKeys(self._pool).find([token])
        return None if key is None else key.id

    async def _session_by_either_token(self, request: web.Request) -> SessionRow | None:
        """Return the caller's session by either token, or ``None``."""
        try:
            return await self.session(request)
        except ApiError:
            token = RefreshToken.read(request.cookies.get(COOKIE))
        return None if token is None else await find_session_of(self._pool, token.digest)
