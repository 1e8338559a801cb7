"""Every endpoint under ``/api``, one line each."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web

from gateway.admin.admins_api import AdminAccounts, AdminList, AdminPage
from gateway.admin.audit_api import AuditLog, AuditPage, AuditQuery
from gateway.admin.daily_metrics_api import LastDay
from gateway.admin.dead_letters_api import DeadLetterPage, DeadLetterQuery, DeadLetterRetried, DeadLettersApi
from gateway.admin.global_settings_api import GlobalChange, GlobalPage, GlobalSettings, check_global
from gateway.admin.images_api import ImageList, Images, ImagesQuery
from gateway.admin.prewarm_api import LARGEST_BODY, PrewarmApi, WarmAccepted, WarmRequest
from gateway.admin.prewarm_state import WarmState
from gateway.admin.purges_api import PurgeList, PurgePage, PurgeRequest, Purges
from gateway.admin.redraw_api import Redraw, RedrawAccepted, RedrawRequest
from gateway.admin.stats_api import Numbers, Stats
from gateway.admin.titles_api import TitlePage, Titles
from gateway.api.dispatch import Api
from gateway.api.endpoint import Access, Endpoint, Nothing
from gateway.api.openapi import Description, OpenApi
from gateway.auth.sign_in_api import (
    Credentials,
    KeyCredentials,
    NewAdmin,
    PasswordChange,
    SessionStatus,
    SignedIn,
    SignIn,
)
from gateway.db.api_keys import ManagedKey
from gateway.keys.key_settings_api import KeyChoices, KeySettings
from gateway.keys.keys_api import KeyManagement, KeyPage, KeyQuery, KeyUsage, MonthQuery
from gateway.keys.profiles_api import ProfileChange, ProfileList, ProfilePage, Profiles, check_profile
from gateway.keys.service import IssuedKey, IssuedShare, KeyPatch, NewKey
from gateway.pictures.preview import Preview, PreviewQuery, Sample
from gateway.settings.layers import Choices, check_all
from shared.queue.dead_letters import DeadLetter
from shared.stores.daily_metrics import Day

GET, POST, PUT, PATCH, DELETE = hdrs.METH_GET, hdrs.METH_POST, hdrs.METH_PUT, hdrs.METH_PATCH, hdrs.METH_DELETE


@dataclass(frozen=True, slots=True, kw_only=True)
class Management:
    """The handlers of everything under ``/api``."""

    sign_in: SignIn
    keys: KeyManagement
    admins: AdminAccounts
    audit: AuditLog
    titles: Titles
    warm_ups: PrewarmApi
    key_choices: KeyChoices
    profiles: Profiles
    global_settings: GlobalSettings
    stats: Stats
    images: Images
    last_day: LastDay
    letters: DeadLettersApi
    redraw: Redraw
    preview: Preview
    purges: Purges


def add_management(app: web.Application, api: Api, management: Management) -> Description:
    """Add the routes under ``/api``. They go before the pictures, some of which have four parts as well.

    Returns the OpenAPI description of them.
    """
    endpoints = management_endpoints(management)
    description = Description(endpoints)
    described = Endpoint(
        "openapi", GET, "/api/openapi.json", description.show, Nothing, access=Access.OPEN, reply=OpenApi
    )
    api.add_routes(app, [*endpoints, described])
    return description


def management_endpoints(management: Management) -> list[Endpoint[Any]]:
    """Return every endpoint; those with the same path are next to each other."""
    return [
        *_sign_in(management.sign_in),
        *_keys(management.keys),
        *_own_key(management.keys),
        *_admins(management),
        *_admin(management),
        *_choices(management),
        *_profiles(management.profiles),
        *_numbers(management),
        *_drawing(management),
        *_purges(management.purges),
    ]


def _sign_in(sign_in: SignIn) -> Iterable[Endpoint[Any]]:
    path, is_open = "/api/auth/", Access.OPEN
    yield Endpoint("status", GET, f"{path}status", sign_in.status, Nothing, access=is_open, reply=SessionStatus)
    yield Endpoint("setup", POST, f"{path}setup", sign_in.setup, NewAdmin, access=is_open, reply=SignedIn)
    yield Endpoint("login", POST, f"{path}login", sign_in.login, Credentials, access=is_open, reply=SignedIn)
    yield Endpoint(
        "key_login", POST, f"{path}key-login", sign_in.key_login, KeyCredentials, access=is_open, reply=SignedIn
    )
    yield Endpoint("refresh", POST, f"{path}refresh", sign_in.refresh, Nothing, access=is_open, reply=SignedIn)
    yield Endpoint("logout", POST, f"{path}logout", sign_in.logout, Nothing, access=is_open, reply=SessionStatus)
    yield Endpoint("password", POST, f"{path}password", sign_in.password, PasswordChange, reply=SessionStatus)


def _keys(keys: KeyManagement) -> Iterable[Endpoint[Any]]:
    every, one, created = "/api/keys", "/api/keys/{id:[^/]+}", HTTPStatus.CREATED
    yield Endpoint("keys", GET, every, keys.list, Nothing, query=KeyQuery, reply=KeyPage)
    yield Endpoint("key_created", POST, every, keys.create, NewKey, status=created, reply=IssuedKey)
    yield Endpoint("key", GET, one, keys.show, Nothing, reply=ManagedKey)
    yield Endpoint("key_changed", PATCH, one, keys.change, KeyPatch, reply=ManagedKey)
    yield Endpoint("key_deleted", DELETE, one, keys.delete, Nothing, reply=ManagedKey)
    yield Endpoint("key_share", POST, f"{one}/share", keys.replace_share, Nothing, reply=IssuedShare)
    yield Endpoint("key_usage", GET, f"{one}/usage", keys.usage, Nothing, query=MonthQuery, reply=KeyUsage)


def _own_key(keys: KeyManagement) -> Iterable[Endpoint[Any]]:
    me, own = "/api/key/me", Access.KEY
    yield Endpoint("me", GET, me, keys.show, Nothing, access=own, reply=ManagedKey)
    yield Endpoint("my_share", POST, f"{me}/share", keys.replace_share, Nothing, access=own, reply=IssuedShare)
    yield Endpoint("my_usage", GET, f"{me}/usage", keys.usage, Nothing, query=MonthQuery, access=own, reply=KeyUsage)


def _admins(management: Management) -> Iterable[Endpoint[Any]]:
    admins, every, created = management.admins, "/api/admin/admins", HTTPStatus.CREATED
    yield Endpoint("admins", GET, every, admins.list, Nothing, reply=AdminList)
    yield Endpoint("admin_created", POST, every, admins.create, NewAdmin, status=created, reply=AdminPage)
    yield Endpoint("admin_deleted", DELETE, f"{every}/{{id:[^/]+}}", admins.delete, Nothing, reply=AdminPage)
    yield Endpoint(
        "audit",
        GET,
        "/api/admin/audit",
        management.audit.list,
        Nothing,
        query=AuditQuery,
        reply=AuditPage,
    )


def _admin(management: Management) -> Iterable[Endpoint[Any]]:
    warm_ups, path, accepted = management.warm_ups, "/api/admin/warm", HTTPStatus.ACCEPTED
    yield Endpoint("title", GET, "/api/admin/titles/{id:[^/]+}", management.titles.show, Nothing, reply=TitlePage)
    yield Endpoint(
        "warm", POST, path, warm_ups.warm, WarmRequest, status=accepted, reply=WarmAccepted, largest_body=LARGEST_BODY
    )
    yield Endpoint("warm_state", GET, path, warm_ups.show, Nothing, reply=WarmState)
    yield Endpoint("warm_stop", DELETE, path, warm_ups.stop, Nothing, reply=WarmState)


_OF_KEYS: Final = (("key", "/api/keys/{id}", Access.ADMIN), ("my", "/api/key/me", Access.KEY))
"""A key's data has two addresses: one for admins, with the key's id, and one for the caller's own key."""


def _choices(management: Management) -> Iterable[Endpoint[Any]]:
    own, everybody = management.key_choices, management.global_settings
    for whose, base, access in _OF_KEYS:
        name, path = f"{whose}_settings", f"{base}/settings"
        yield Endpoint(name, GET, path, own.show, Nothing, access=access, reply=KeySettings)
        yield Endpoint(
            f"{name}_change", PUT, path, own.change, Choices, access=access, reply=KeySettings, explain=check_all
        )
        yield Endpoint(f"{name}_reset", DELETE, path, own.reset, Nothing, access=access, reply=KeySettings)
    path = "/api/admin/settings"
    yield Endpoint("settings", GET, path, everybody.show, Nothing, reply=GlobalPage)
    yield Endpoint("settings_change", PUT, path, everybody.change, GlobalChange, reply=GlobalPage, explain=check_global)


def _profiles(profiles: Profiles) -> Iterable[Endpoint[Any]]:
    for whose, base, access in _OF_KEYS:
        name, path = f"{whose}_profile", f"{base}/profiles"
        yield Endpoint(f"{name}s", GET, path, profiles.list, Nothing, access=access, reply=ProfileList)
        path += "/{name:[^/]+}"
        yield Endpoint(name, GET, path, profiles.show, Nothing, access=access, reply=ProfilePage)
        yield Endpoint(
            f"{name}_save",
            PUT,
            path,
            profiles.save,
            ProfileChange,
            access=access,
            reply=ProfilePage,
            explain=check_profile,
            also=(HTTPStatus.CREATED,),
        )
        yield Endpoint(f"{name}_delete", DELETE, path, profiles.delete, Nothing, access=access, reply=ProfileList)


def _drawing(management: Management) -> Iterable[Endpoint[Any]]:
    letters, every = management.letters, "/api/admin/dead-letters"
    one, accepted = f"{every}/{{id:[^/]+}}", HTTPStatus.ACCEPTED
    yield Endpoint(
        "redraw",
        POST,
        "/api/admin/images/redraw",
        management.redraw.redraw,
        RedrawRequest,
        status=accepted,
        reply=RedrawAccepted,
    )
    yield Endpoint(
        "letters",
        GET,
        every,
        letters.list,
        Nothing,
        query=DeadLetterQuery,
        reply=DeadLetterPage,
    )
    yield Endpoint("letter_dropped", DELETE, one, letters.drop, Nothing, reply=DeadLetter)
    yield Endpoint(
        "letter_retried", POST, f"{one}/retry", letters.retry, Nothing, status=accepted, reply=DeadLetterRetried
    )


def _numbers(management: Management) -> Iterable[Endpoint[Any]]:
    yield Endpoint("stats", GET, "/api/admin/stats", management.stats.show, Nothing, reply=Numbers)
    yield Endpoint("history", GET, "/api/admin/history", management.last_day.show, Nothing, reply=Day)
    yield Endpoint(
        "images",
        GET,
        "/api/admin/images",
        management.images.list,
        Nothing,
        query=ImagesQuery,
        reply=ImageList,
    )
    yield Endpoint(
        "preview",
        GET,
        "/api/preview/{kind:[^/]+}",
        management.preview.show,
        Nothing,
        query=PreviewQuery,
        access=Access.OPEN,
        status=HTTPStatus.FOUND,
        reply=Sample,
    )


def _purges(purges: Purges) -> Iterable[Endpoint[Any]]:
    path, accepted = "/api/admin/purge", HTTPStatus.ACCEPTED
    yield Endpoint("purge", POST, path, purges.purge, PurgeRequest, status=accepted, reply=PurgePage)
    yield Endpoint("purges", GET, f"{path}s", purges.list, Nothing, reply=PurgeList)
