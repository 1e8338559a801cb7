"""What keeps storage, index and CDN in step: the tasks that purge and invalidate, as the configuration has them."""

from functools import partial
from urllib.parse import urlsplit

from renderer.config import RendererConfig
from renderer.content.service import ContentService
from renderer.maintenance.cdn_orders import CdnOrders
from renderer.maintenance.cdn_purger import PAUSE_S as CDN_PAUSE_S
from renderer.maintenance.cdn_purger import CdnPurger
from renderer.maintenance.deletion import Deletion
from renderer.maintenance.invalidation import Invalidation
from renderer.maintenance.purge_jobs import EVERY_S as PURGES_EVERY_S
from renderer.maintenance.purge_jobs import Purges
from renderer.metrics import RendererMetrics
from renderer.renderer_stores import RendererStores
from services.client.http import Http
from services.cloudflare import MOST_PREFIXES, MOST_URLS, CloudflareEdge
from shared.concurrency.supervisor import Supervisor
from shared.stores.postgres import Pool
from shared.stores.title_rows import find_external_ids


def build_cdn(
    config: RendererConfig, http: Http, pool: Pool, metrics: RendererMetrics
) -> tuple[CdnOrders, CdnPurger] | tuple[None, None]:
    """Return what executes purges at the CDN, and what purges single pictures there, if a CDN is configured."""
    if config.edge is None:
        return None, None
    zone = config.edge
    edge = CloudflareEdge(http, zone.api_token, zone=zone.zone_id, api_url=zone.api_url)
    bucket_url = config.content_direct_url
    if bucket_url is not None and not is_same_site(bucket_url, zone.content_base_url):
        bucket_url = None  # another zone, or another CDN
    orders = CdnOrders(
        edge, pool, base_url=zone.content_base_url, bucket_url=bucket_url, batch=min(MOST_URLS, MOST_PREFIXES)
    )
    purger = CdnPurger(
        edge,
        base_url=zone.content_base_url,
        names=partial(find_external_ids, pool),
        metrics=metrics,
        most_urls=MOST_URLS,
    )
    return orders, purger


def add_maintenance(
    tasks: Supervisor,
    stores: RendererStores,
    metrics: RendererMetrics,
    *,
    content: ContentService,
    purger: CdnPurger | None,
    orders: CdnOrders | None,
) -> None:
    """Add the tasks that apply invalidations and purges."""
    if purger is not None:
        tasks.add_periodic("cdn_purger", CDN_PAUSE_S, purger.purge_next)
    invalidation = Invalidation(
        pool=stores.pool,
        storage=stores.storage,
        content=content,
        settings_registry=stores.settings_registry,
        unreadable=stores.unreadable,
    )
    tasks.add("invalidation", partial(invalidation.run, stores.redis))
    deletion = Deletion(stores.storage, stores.redis)
    purges = Purges(stores.pool, deletion, list_objects=stores.s3.names, cdn=orders, metrics=metrics)
    tasks.add_periodic("purges", PURGES_EVERY_S, purges.execute_all, first_s=PURGES_EVERY_S)


def is_same_site(url: str, other: str) -> bool:
    """Return whether two hosts are the same or below one domain, as hosts of one zone are."""
    one, two = (urlsplit(each).hostname or "" for each in (url, other))
    parent = two.partition(".")[2]
    return one == two or ("." in parent and one.endswith(f".{parent}"))
