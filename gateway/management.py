"""Builds the API and the pages, for a gateway with Postgres and Redis."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from aiohttp import web

from gateway.admin.admins_api import AdminsApi
from gateway.admin.audit_api import AuditApi
from gateway.admin.daily_metrics_api import DailyMetricsApi
from gateway.admin.dead_letters_api import DeadLettersApi
from gateway.admin.global_settings_api import GlobalSettingsApi
from gateway.admin.images_api import ImagesApi
from gateway.admin.prewarm_api import PrewarmApi
from gateway.admin.prewarm_state import PrewarmState
from gateway.admin.purges_api import PurgesApi
from gateway.admin.redraw_api import RedrawApi
from gateway.admin.stats_api import StatsApi
from gateway.admin.titles_api import TitlesApi
from gateway.api.dispatch import Api
from gateway.api.fallback_routes import FallbackRoutes
from gateway.api.openapi import Description
from gateway.api_routes import Management, add_management
from gateway.app_keys import METRICS, USAGE
from gateway.auth.passwords import Passwords
from gateway.auth.session_tokens import AccessTokens
from gateway.auth.sign_in_api import SignInApi
from gateway.auth.sign_in_limits import SignInLimits
from gateway.config import GatewayConfig
from gateway.db.api_keys import ApiKeys
from gateway.designs.designs_api import DesignsApi
from gateway.designs.presets_api import PresetsApi
from gateway.keys.key_settings_api import KeySettingsApi
from gateway.keys.keys_api import KeysApi
from gateway.keys.profiles_api import ProfilesApi
from gateway.keys.settings_file_api import SettingsFileApi
from gateway.keys.token import FREE_KEY
from gateway.pictures.handler import PictureDependencies
from gateway.pictures.key_layers import settings_hashes_of
from gateway.pictures.page_caller import PageCaller
from gateway.pictures.pinned_art_api import Documents, PinnedArtApi
from gateway.pictures.preview import PreviewApi
from gateway.pictures.public_lists_api import PublicListsApi
from gateway.pictures.title_search_api import TitleSearchApi
from gateway.routes import add_pages
from gateway.stores import ManagementStores
from gateway.web.assets import Assets
from gateway.web.client_checks import client_context
from gateway.web.controls import settings_context
from gateway.web.design_controls import design_context
from gateway.web.look_cards import LookCards
from gateway.web.manual import Manual
from gateway.web.pages import PageCard, PageGuard, Pages
from gateway.web.reference import Reference
from gateway.web.samples import Wall
from shared.http.client_ip import ClientIps
from shared.settings.digest import SettingsHash
from shared.stores.title_rows import find_name


def build_management(
    app: web.Application,
    config: GatewayConfig,
    deps: PictureDependencies,
    *,
    outside: ManagementStores,
    rest: FallbackRoutes,
    renderer: Callable[[], Documents],
) -> Callable[[], Awaitable[None]]:
    """Add the API and the pages; returns the function that closes them."""
    passwords = Passwords(app[METRICS])
    sign_in = SignInApi(
        outside.pool,
        passwords=passwords,
        tokens=AccessTokens(*config.jwt_secrets),
        limits=SignInLimits(outside.redis),
        clients=ClientIps(config.trusted_proxies),
        is_open=config.admin is None,
        public_pages=config.public_pages,
    )
    page_caller = PageCaller(deps.keys, sign_in.session, is_open=config.public_pages and not config.free_key_presets)
    management = _handlers(app, config, deps, outside, sign_in, passwords, renderer, page_caller)
    api = Api(
        sign_in.session,
        app[METRICS],
        apply_changes=deps.change_feed.poll,
        cookie_secure=config.cookie_secure,
        cors_origin=config.cors_origin,
    )
    description = add_management(app, api, management)
    guard = None if config.public_pages else sign_in.may_open_pages
    cards = LookCards(
        deps,
        page_caller.key,
        content_base_url=config.content_base_url,
        title_name=partial(find_name, outside.pool),
    )
    rest.page = _add_pages(app, config, deps, description, guard, card=cards.of)

    async def close() -> None:
        await management.prewarm.close()
        passwords.close()

    return close


def _handlers(
    app: web.Application,
    config: GatewayConfig,
    deps: PictureDependencies,
    outside: ManagementStores,
    sign_in: SignInApi,
    passwords: Passwords,
    renderer: Callable[[], Documents],
    page_caller: PageCaller,
) -> Management:
    pool, redis, queue, presets = outside.pool, outside.redis, outside.queue, deps.change_feed.presets

    async def settings_of_key(key_id: int) -> list[SettingsHash]:
        key = await ApiKeys(pool).get(key_id)
        return [] if key is None else settings_hashes_of(key, deps.change_feed.overrides, presets)

    return Management(
        sign_in=sign_in,
        keys=KeysApi(pool, app[USAGE]),
        admins=AdminsApi(pool, passwords),
        audit=AuditApi(pool),
        titles=TitlesApi(pool),
        prewarm=PrewarmApi(
            queue, deps.settings_store, deps.change_feed, board=PrewarmState(redis), pool=pool, metrics=app[METRICS]
        ),
        key_settings=KeySettingsApi(pool, presets),
        profiles=ProfilesApi(pool),
        presets=PresetsApi(pool, presets),
        designs=DesignsApi(deps.change_feed),
        settings_file=SettingsFileApi(pool, presets),
        global_settings=GlobalSettingsApi(pool, free_key=config.free_key_enabled),
        stats=StatsApi(pool, redis, queue),
        images=ImagesApi(pool, content_base_url=config.content_base_url),
        last_day=DailyMetricsApi(redis),
        dead_letters=DeadLettersApi(pool, redis, queue),
        redraw=RedrawApi(pool, redis, queue),
        purges=PurgesApi(pool, settings_of_key=settings_of_key),
        pinned_art=PinnedArtApi(deps, pool, renderer),
        preview=PreviewApi(deps, page_caller, content_base_url=config.content_base_url),
        search=TitleSearchApi(page_caller, deps.rate_limits, renderer, content_base_url=config.content_base_url),
        lists=PublicListsApi(page_caller.key, deps.rate_limits, renderer),
    )


def _add_pages(
    app: web.Application,
    config: GatewayConfig,
    deps: PictureDependencies,
    description: Description,
    guard: PageGuard | None,
    *,
    card: PageCard,
) -> Callable[[web.Request], web.Response]:
    """Add the pages; returns the one for unknown addresses."""
    assets = Assets()
    pages = Pages(
        assets,
        content_base_url=config.content_base_url,
        content_direct_url=config.content_direct_url,
        limit=deps.rate_limits.take_page,
        guard=guard,
    )
    wall = Wall(deps, content_base_url=config.content_base_url)
    reference = Reference(description.document)

    def previews_are_open() -> bool:
        # With presets the free key has no settings to choose.
        return bool(deps.keys.free_key) and config.public_pages and not config.free_key_presets

    async def home() -> dict[str, Any]:
        return await wall.pictures() | {"free_key": deps.keys.free_key, "previews": previews_are_open()}

    def free_key() -> str | None:
        return FREE_KEY if previews_are_open() else None

    async def configure() -> dict[str, Any]:
        presets = deps.change_feed.presets.by_name()
        published = tuple(sorted((name, kind) for name, (kind, _) in presets.items()))
        return {"facts": settings_context(deps.change_feed.overrides, free_key(), published)}

    async def design() -> dict[str, Any]:
        return {"facts": design_context(free_key())}

    contexts = {
        "home": home,
        "configure": configure,
        "design": design,
        "docs": reference.facts,
        "clients": client_context,
    }
    add_pages(app, pages, assets, Manual(assets.url), contexts, card)
    return pages.not_found
