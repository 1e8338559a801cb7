"""Sign-in of admins and key holders: begun by a password or a key, kept by refresh tokens, ended by a sign-out."""

from contextlib import suppress
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Self

import msgspec
import structlog
from aiohttp import web

from gateway.api.api_error import ApiError, not_signed_in
from gateway.api.endpoint import Call, NoBody, Reply
from gateway.api.response import COOKIE
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
    """The first admin, as the caller wants to be called."""

    username: Username
    password: NewPassword


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an admin signs in with; anything may be tried."""

    username: AnyText
    password: AnyText


class KeyCredentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a key holder signs in with; anything may be tried."""

    key: AnyText


class PasswordChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password of now and the next one."""

    old: AnyText
    new: NewPassword


class SessionRole(StrEnum):
    """As what somebody is signed in."""

    ADMIN = "admin"
    KEY = "key"


class SessionStatus(msgspec.Struct, frozen=True):
    """How it stands: whether somebody has to make the first admin, and as whom the caller is signed in."""

    setup_needed: bool
    signed_in: bool
    role: SessionRole | msgspec.UnsetType = msgspec.UNSET
    username: str | msgspec.UnsetType = msgspec.UNSET
    key_name: str | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def of(cls, session: SessionRow) -> Self:
        """Return how it stands with somebody who is signed in."""
        if session.key_id is None:
            return cls(setup_needed=False, signed_in=True, role=SessionRole.ADMIN, username=session.name)
        return cls(setup_needed=False, signed_in=True, role=SessionRole.KEY, key_name=session.name)


class SignedIn(msgspec.Struct, frozen=True):
    """The access token, for the ``Authorization`` header; the refresh token is in the cookie."""

    token: str


class SignInApi:
    """Answers ``/api/auth/…``. With ``is_open`` whoever comes first may become the first admin."""

    def __init__(
        self,
        pool: Pool,
        *,
        passwords: Passwords,
        tokens: AccessTokens,
        limits: SignInLimits,
        clients: ClientIps,
        is_open: bool,
    ) -> None:
        self._pool, self._passwords, self._tokens = pool, passwords, tokens
        self._limits, self._clients, self._is_open = limits, clients, is_open

    async def session(self, request: web.Request) -> SessionRow:
        """Return the sign-in whose access token a request carries. Raises a 401 ``ApiError``, ``StoreDown``.

        Postgres is asked each time, so that a sign-out, a new password and a deleted admin count at once.
        """
        header = request.headers.get("Authorization", "")
        if not header.lower().startswith(_SCHEME):
            raise not_signed_in()
        session = await find_session(self._pool, self._tokens.read(header[len(_SCHEME) :].strip()))
        if session is None:
            raise not_signed_in()
        return session

    async def status(self, call: Call, _: NoBody) -> Reply:
        """Tell how it stands; a caller with a refresh token that is good counts as signed in."""
        await self._limits.take_if_known(STANDING, self._clients.of(call.request))
        session = await self._present(call.request)
        if session is not None:
            return Reply(SessionStatus.of(session))
        setup_needed = self._is_open and not await is_any_admin(self._pool)
        return Reply(SessionStatus(setup_needed=setup_needed, signed_in=False))

    async def setup(self, call: Call, body: NewAdmin) -> Reply:
        """Make the first admin and sign in."""
        await self._limits.take(SIGN_IN, self._clients.of(call.request))
        if not self._is_open:
            raise ApiError(HTTPStatus.FORBIDDEN, "The first admin is the one that the configuration names.")
        # Looked at before the hash is made, which is dear, and again when the admin is.
        if await is_any_admin(self._pool) or not await ensure_admin(
            self._pool, body.username, await self._passwords.hash(body.password), actor=f"admin:{body.username}"
        ):
            raise ApiError(HTTPStatus.CONFLICT, "There is an admin already. Please sign in.")
        log.info("first_admin_made")
        return await self._begin_admin(await find_admin(self._pool, body.username))

    async def login(self, call: Call, body: Credentials) -> Reply:
        """Sign in."""
        await self._limits.take(SIGN_IN, self._clients.of(call.request))
        # Postgres keeps no NUL in a text, so no admin has one in the name.
        admin = None if "\0" in body.username else await find_admin(self._pool, body.username)
        is_right = await self._passwords.verify(admin.password_hash if admin else None, body.password)
        reply = await self._begin_admin(admin if is_right else None)
        if admin is not None and self._passwords.is_outdated(admin.password_hash):
            await self._renew(admin, body.password)
        return reply

    async def key_login(self, call: Call, body: KeyCredentials) -> Reply:
        """Sign in as the holder of a key; its share form and the free key are for pictures only."""
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

    async def logout(self, call: Call, _: NoBody) -> Reply:
        """End the caller's sign-in, however it is shown; without one there is nothing to end."""
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
        return Reply(SessionStatus(setup_needed=False, signed_in=False), refresh_token="")

    async def password(self, call: Call, body: PasswordChange) -> Reply:
        """Change the password, which ends the admin's other sign-ins."""
        await self._limits.take(SIGN_IN, self._clients.of(call.request))
        session = call.caller
        admin = await find_admin(self._pool, session.name)
        if admin is None or not await self._passwords.verify(admin.password_hash, body.old):
            log.warning("admin_password_refused", by=session.actor)
            # Not 401: the caller is signed in, and a page would sign them out at that.
            raise ApiError(HTTPStatus.FORBIDDEN, "The old password is wrong.")
        password_hash = await self._passwords.hash(body.new)
        if not await change_password(self._pool, admin, password_hash, keep_family=session.family):
            raise ApiError(HTTPStatus.CONFLICT, "The password was changed elsewhere meanwhile.")
        log.info("admin_password_changed", admin=admin.id)
        return Reply(SessionStatus.of(session))

    async def _begin_admin(self, admin: AdminRow | None) -> Reply:
        """Begin a sign-in of whoever has shown to be this admin; nobody has when there is none."""
        token = RefreshToken.new()
        session = None if admin is None else await begin_family(self._pool, admin, token.digest)
        if session is None:
            log.warning("admin_sign_in_refused")
            raise ApiError(HTTPStatus.UNAUTHORIZED, "The name or the password is wrong.")
        return self._begun(session, token)

    def _begun(self, session: SessionRow, token: RefreshToken) -> Reply:
        log.info("signed_in", by=session.actor, family=session.family)
        return Reply(SignedIn(self._tokens.sign(session)), refresh_token=token.text)

    async def _renew(self, admin: AdminRow, password: str) -> None:
        """Hash a password as we do now; it is left as it is when that cannot be done, for it will be used again."""
        with suppress(Busy, StoreDown):
            await renew_hash(self._pool, admin, await self._passwords.hash(password))

    async def _find_key(self, text: str) -> int | None:
        """Return the key that somebody showed in full, or ``None``."""
        try:
            token = KeyToken.parse(text)
        except InvalidApiKey:
            return None
        if token.form is not Form.KEY:
            return None
        (key,) = await ApiKeys(self._pool).find([token])
        return None if key is None else key.id

    async def _present(self, request: web.Request) -> SessionRow | None:
        """Return the caller's sign-in by either token, or ``None``."""
        try:
            return await self.session(request)
        except ApiError:
            token = RefreshToken.read(request.cookies.get(COOKIE))
        return None if token is None else await find_session_of(self._pool, token.digest)
