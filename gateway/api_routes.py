"""Every endpoint under ``/api``, one line each."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web

from gateway.admin.admins_api import AdminList, AdminPage, AdminsApi
from gateway.admin.audit_api import AuditApi, AuditPage, AuditQuery
from gateway.admin.daily_metrics_api import DailyMetricsApi
from gateway.admin.dead_letters_api import DeadLetterPage, DeadLetterQuery, DeadLetterRetried, DeadLettersApi
from gateway.admin.global_settings_api import GlobalChange, GlobalPage, GlobalSettingsApi, check_global
from gateway.admin.images_api import ImageList, ImagesApi, ImagesQuery
from gateway.admin.prewarm_api import LARGEST_BODY, PrewarmAccepted, PrewarmApi, PrewarmRequest
from gateway.admin.prewarm_state import PrewarmStatus
from gateway.admin.purges_api import PurgeList, PurgePage, PurgeRequest, PurgesApi
from gateway.admin.redraw_api import RedrawAccepted, RedrawApi, RedrawRequest
from gateway.admin.stats_api import Statistics, StatsApi
from gateway.admin.titles_api import TitlePage, TitlesApi
from gateway.api.dispatch import Api
from gateway.api.endpoint import Access, Endpoint, NoBody
from gateway.api.openapi import Description, OpenApi
from gateway.auth.sign_in_api import (
    Credentials,
    KeyCredentials,
    NewAdmin,
    PasswordChange,
    SessionStatus,
    SignedIn,
    SignInApi,
)
from gateway.db.api_keys import ManagedKey
from gateway.designs.design_routes import design_endpoints
from gateway.designs.designs_api import DesignsApi
from gateway.designs.presets_api import PresetsApi
from gateway.keys.key_settings_api import KeySettings, KeySettingsApi
from gateway.keys.keys_api import KeyPage, KeyQuery, KeysApi, KeyUsage, MonthQuery
from gateway.keys.profiles_api import ProfileChange, ProfileList, ProfilePage, ProfilesApi
from gateway.keys.service import IssuedKey, IssuedShare, KeyPatch, NewKey
from gateway.keys.settings_file_api import LARGEST_FILE, SettingsFile, SettingsFileApi, check_file
from gateway.pictures.picture_routes import page_endpoints, pin_endpoints
from gateway.pictures.pinned_art_api import PinnedArtApi
from gateway.pictures.preview import PreviewApi
from gateway.pictures.public_lists_api import PublicListsApi
from gateway.pictures.title_search_api import TitleSearchApi
from gateway.settings.default_profile import KeyOverrides
from gateway.settings.kind_layer import check_layer
from gateway.settings.layers import check_all
from shared.queue.dead_letters import DeadLetter
from shared.stores.daily_metrics import Day

GET, POST, PUT, PATCH, DELETE = hdrs.METH_GET, hdrs.METH_POST, hdrs.METH_PUT, hdrs.METH_PATCH, hdrs.METH_DELETE


@dataclass(frozen=True, slots=True, kw_only=True)
class Management:
    """The handlers of everything under ``/api``."""

    sign_in: SignInApi
    keys: KeysApi
    admins: AdminsApi
    audit: AuditApi
    titles: TitlesApi
    prewarm: PrewarmApi
    key_settings: KeySettingsApi
    profiles: ProfilesApi
    presets: PresetsApi
    designs: DesignsApi
    settings_file: SettingsFileApi
    global_settings: GlobalSettingsApi
    stats: StatsApi
    images: ImagesApi
    last_day: DailyMetricsApi
    dead_letters: DeadLettersApi
    redraw: RedrawApi
    preview: PreviewApi
    search: TitleSearchApi
    lists: PublicListsApi
    purges: PurgesApi
    pinned_art: PinnedArtApi


def add_management(app: web.Application, api: Api, management: Management) -> Description:
    """Add the routes under ``/api``. They go before the pictures, some of which have four parts as well.

    Returns the OpenAPI description of them.
    """
    endpoints = management_endpoints(management)
    description = Description(endpoints)
    described = Endpoint(
        "openapi", GET, "/api/openapi.json", description.show, NoBody, access=Access.OPEN, reply=OpenApi
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
        *design_endpoints(management.presets, management.designs, management.preview),
        *page_endpoints(management.preview, management.search, management.lists),
        *_numbers(management),
        *_drawing(management),
        *_purges(management.purges),
        *pin_endpoints(management.pinned_art),
    ]


def _sign_in(sign_in: SignInApi) -> Iterable[Endpoint[Any]]:
    path, is_open = "/api/auth/", Access.OPEN
    yield Endpoint("status", GET, f"{path}status", sign_in.status, NoBody, access=is_open, reply=SessionStatus)
    yield Endpoint("setup", POST, f"{path}setup", sign_in.setup, NewAdmin, access=is_open, reply=SignedIn)
    yield Endpoint("login", POST, f"{path}login", sign_in.login, Credentials, access=is_open, reply=SignedIn)
    yield Endpoint(
        "key_login", POST, f"{path}key-login", sign_in.key_login, KeyCredentials, access=is_open, reply=SignedIn
    )
    yield Endpoint("refresh", POST, f"{path}refresh", sign_in.refresh, NoBody, access=is_open, reply=SignedIn)
    yield Endpoint("logout", POST, f"{path}logout", sign_in.logout, NoBody, access=is_open, reply=SessionStatus)
    yield Endpoint("password", POST, f"{path}password", sign_in.password, PasswordChange, reply=SessionStatus)


def _keys(keys: KeysApi) -> Iterable[Endpoint[Any]]:
    every, one, created = "/api/keys", "/api/keys/{id:[^/]+}", HTTPStatus.CREATED
    yield Endpoint("keys", GET, every, keys.list, NoBody, query=KeyQuery, reply=KeyPage)
    yield Endpoint("key_created", POST, every, keys.create, NewKey, status=created, reply=IssuedKey)
    yield Endpoint("key", GET, one, keys.show, NoBody, reply=ManagedKey)
    yield Endpoint("key_changed", PATCH, one, keys.change, KeyPatch, reply=ManagedKey)
    yield Endpoint("key_deleted", DELETE, one, keys.delete, NoBody, reply=ManagedKey)
    yield Endpoint("key_share", POST, f"{one}/share", keys.replace_share, NoBody, reply=IssuedShare)
    yield Endpoint("key_usage", GET, f"{one}/usage", keys.usage, NoBody, query=MonthQuery, reply=KeyUsage)


def _own_key(keys: KeysApi) -> Iterable[Endpoint[Any]]:
    me, own = "/api/key/me", Access.KEY
    yield Endpoint("me", GET, me, keys.show, NoBody, access=own, reply=ManagedKey)
    yield Endpoint("my_share", POST, f"{me}/share", keys.replace_share, NoBody, access=own, reply=IssuedShare)
    yield Endpoint("my_usage", GET, f"{me}/usage", keys.usage, NoBody, query=MonthQuery, access=own, reply=KeyUsage)


def _admins(management: Management) -> Iterable[Endpoint[Any]]:
    admins, every, created = management.admins, "/api/admin/admins", HTTPStatus.CREATED
    yield Endpoint("admins", GET, every, admins.list, NoBody, reply=AdminList)
    yield Endpoint("admin_created", POST, every, admins.create, NewAdmin, status=created, reply=AdminPage)
    yield Endpoint("admin_deleted", DELETE, f"{every}/{{id:[^/]+}}", admins.delete, NoBody, reply=AdminPage)
    yield Endpoint(
        "audit",
        GET,
        "/api/admin/audit",
        management.audit.list,
        NoBody,
        query=AuditQuery,
        reply=AuditPage,
    )


def _admin(management: Management) -> Iterable[Endpoint[Any]]:
    prewarm, path, accepted = management.prewarm, "/api/admin/warm", HTTPStatus.ACCEPTED
    yield Endpoint("title", GET, "/api/admin/titles/{id:[^/]+}", management.titles.show, NoBody, reply=TitlePage)
    yield Endpoint(
        "warm",
        POST,
        path,
        prewarm.warm,
        PrewarmRequest,
        status=accepted,
        reply=PrewarmAccepted,
        largest_body=LARGEST_BODY,
    )
    yield Endpoint("warm_state", GET, path, prewarm.show, NoBody, reply=PrewarmStatus)
    yield Endpoint("warm_stop", DELETE, path, prewarm.stop, NoBody, reply=PrewarmStatus)


_OF_KEYS: Final = (("key", "/api/keys/{id}", Access.ADMIN), ("my", "/api/key/me", Access.KEY))
"""A key's data has two addresses: one for admins, with the key's id, and one for the caller's own key."""


def _choices(management: Management) -> Iterable[Endpoint[Any]]:
    own, of_all, file = management.key_settings, management.global_settings, management.settings_file
    for whose, base, access in _OF_KEYS:
        name, path = f"{whose}_settings", f"{base}/settings"
        yield Endpoint(name, GET, path, own.show, NoBody, access=access, reply=KeySettings)
        yield Endpoint(
            f"{name}_change", PUT, path, own.change, KeyOverrides, access=access, reply=KeySettings, explain=check_all
        )
        yield Endpoint(f"{name}_reset", DELETE, path, own.reset, NoBody, access=access, reply=KeySettings)
        path += "/file"
        yield Endpoint(f"{name}_file", GET, path, file.show, NoBody, access=access, reply=SettingsFile)
        yield Endpoint(
            f"{name}_replace",
            PUT,
            path,
            file.replace,
            SettingsFile,
            access=access,
            reply=SettingsFile,
            explain=check_file,
            largest_body=LARGEST_FILE,
        )
    path = "/api/admin/settings"
    yield Endpoint("settings", GET, path, of_all.show, NoBody, reply=GlobalPage)
    yield Endpoint("settings_change", PUT, path, of_all.change, GlobalChange, reply=GlobalPage, explain=check_global)


def _profiles(profiles: ProfilesApi) -> Iterable[Endpoint[Any]]:
    for whose, base, access in _OF_KEYS:
        name, path = f"{whose}_profile", f"{base}/profiles"
        yield Endpoint(f"{name}s", GET, path, profiles.list, NoBody, access=access, reply=ProfileList)
        path += "/{name:[^/]+}"
        yield Endpoint(name, GET, path, profiles.show, NoBody, access=access, reply=ProfilePage)
        yield Endpoint(
            f"{name}_save",
            PUT,
            path,
            profiles.save,
            ProfileChange,
            access=access,
            reply=ProfilePage,
            explain=check_layer,
            also=(HTTPStatus.CREATED,),
        )
        yield Endpoint(f"{name}_delete", DELETE, path, profiles.delete, NoBody, access=access, reply=ProfileList)


def _drawing(management: Management) -> Iterable[Endpoint[Any]]:
    dead_letters, every = management.dead_letters, "/api/admin/dead-letters"
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
        dead_letters.list,
        NoBody,
        query=DeadLetterQuery,
        reply=DeadLetterPage,
    )
    yield Endpoint("letter_dropped", DELETE, one, dead_letters.drop, NoBody, reply=DeadLetter)
    yield Endpoint(
        "letter_retried", POST, f"{one}/retry", dead_letters.retry, NoBody, status=accepted, reply=DeadLetterRetried
    )


def _numbers(management: Management) -> Iterable[Endpoint[Any]]:
    yield Endpoint("stats", GET, "/api/admin/stats", management.stats.show, NoBody, reply=Statistics)
    yield Endpoint("history", GET, "/api/admin/history", management.last_day.show, NoBody, reply=Day)
    yield Endpoint(
        "images",
        GET,
        "/api/admin/images",
        management.images.list,
        NoBody,
        query=ImagesQuery,
        reply=ImageList,
    )


def _purges(purges: PurgesApi) -> Iterable[Endpoint[Any]]:
    path, accepted = "/api/admin/purge", HTTPStatus.ACCEPTED
    yield Endpoint("purge", POST, path, purges.purge, PurgeRequest, status=accepted, reply=PurgePage)
    yield Endpoint("purges", GET, f"{path}s", purges.list, NoBody, reply=PurgeList)
