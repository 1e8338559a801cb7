"""API keys under ``/api``: admins create, change and delete them, key holders see their own."""

from collections import Counter
from datetime import date, timedelta
from typing import Annotated, Final

import msgspec
import structlog

from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.api_keys import MOST_KEYS, ApiKeys, ManagedKey
from gateway.db.usage import UsageCounts
from gateway.keys.service import ApiKeyService, KeyPatch, NewKey
from gateway.keys.usage import Usage, today
from shared.stores.postgres import Pool

log: structlog.stdlib.BoundLogger = structlog.get_logger()

PAGE: Final = 100
"""Keys per page."""

MONTHS: Final = 12


class KeyQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which keys to list: ``q`` is part of the name, or the start of the prefix."""

    page: Annotated[int, msgspec.Meta(ge=1, le=MOST_KEYS)] = 1
    q: Annotated[
        str, msgspec.Meta(max_length=100, pattern=r"^[^\x00]*\Z", description="Use at most 100 characters of text.")
    ] = ""


class KeyPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of keys ordered by id; ``total`` counts all pages."""

    keys: list[ManagedKey]
    total: int
    page: int
    page_size: int


class MonthQuery(msgspec.Struct, frozen=True):
    """The month whose days are shown; by default the current one."""

    month: Annotated[
        str, msgspec.Meta(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])\Z", description="Use a month such as 2026-01.")
    ] = ""


class UsedDay(msgspec.Struct, frozen=True):
    """The requests of a day."""

    day: date
    requests: int


class UsedMonth(msgspec.Struct, frozen=True):
    """The requests of a month such as ``2026-11``."""

    month: str
    requests: int


class KeyUsage(msgspec.Struct, frozen=True, kw_only=True):
    """A key's usage; days and months without requests are omitted. ``limit`` 0 means no limit."""

    month: str
    requests: int
    limit: int
    days: list[UsedDay]
    months: list[UsedMonth]


class KeysApi:
    """Serves ``/api/keys…`` and ``/api/key/me…``; usage that this replica has not stored yet is included."""

    def __init__(self, pool: Pool, usage: Usage) -> None:
        self._keys, self._service = ApiKeys(pool), ApiKeyService(pool)
        self._usage, self._stored = usage, UsageCounts(pool)

    async def list(self, call: Call, _: NoBody) -> Reply:
        """Return a page of keys."""
        query: KeyQuery = call.query
        keys, total = await self._keys.page(search=query.q, page=query.page, size=PAGE)
        return Reply(KeyPage(keys=[self._now(key) for key in keys], total=total, page=query.page, page_size=PAGE))

    async def create(self, call: Call, body: NewKey) -> Reply:
        """Create a key; the answer is the only place that shows it."""
        issued = await self._service.create(call.actor, body)
        log.info("key_created", key=issued.id, by=call.actor)
        return Reply(issued)

    async def show(self, call: Call, _: NoBody) -> Reply:
        """Return a key."""
        return Reply(self._now(await self._service.find(call.key_id)))

    async def change(self, call: Call, body: KeyPatch) -> Reply:
        """Change a key."""
        key = await self._service.change(call.actor, call.key_id, body)
        log.info("key_changed", key=key.id, by=call.actor)
        return Reply(self._now(key))

    async def delete(self, call: Call, _: NoBody) -> Reply:
        """Delete a key and return it."""
        key = await self._service.delete(call.actor, call.key_id)
        log.info("key_deleted", key=key.id, by=call.actor)
        return Reply(self._now(key))

    async def replace_share(self, call: Call, _: NoBody) -> Reply:
        """Replace a key's read-only key; the answer is the only place that shows it."""
        issued = await self._service.replace_share(call.actor, call.key_id)
        log.info("share_replaced", key=call.key_id, by=call.actor)
        return Reply(issued)

    async def usage(self, call: Call, _: NoBody) -> Reply:
        """Return a key's usage."""
        key, present = await self._service.find(call.key_id), today()
        month = date.fromisoformat(f"{call.query.month}-01") if call.query.month else _first(present)
        days = Counter({row.day: row.requests for row in await self._stored.days(key.id, month, _last(month))})
        months = Counter({row.month: row.requests for row in await self._stored.months(key.id, MONTHS)})
        requests = await self._stored.find(key.id, month)
        unstored = self._usage.unstored(key.id)
        if unstored:
            months[_first(present)] += unstored
        if unstored and month == _first(present):
            days[present] += unstored
            requests += unstored
        usage = KeyUsage(
            month=_name(month),
            requests=requests,
            limit=key.monthly_limit,
            days=[UsedDay(day, days[day]) for day in sorted(days)],
            months=[UsedMonth(_name(first), months[first]) for first in sorted(months, reverse=True)[:MONTHS]],
        )
        return Reply(usage)

    def _now(self, key: ManagedKey) -> ManagedKey:
        used = key.requests_this_month + self._usage.unstored(key.id)
        return msgspec.structs.replace(key, requests_this_month=used)


def _first(day: date) -> date:
    return day.replace(day=1)


def _last(month: date) -> date:
    """Return the last day of the month that starts on this day."""
    return _first(month + timedelta(days=31)) - timedelta(days=1)


def _name(month: date) -> str:
    return month.isoformat()[:7]
