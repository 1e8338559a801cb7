"""The audit log: who did what to what, and when."""

from typing import Annotated, Final

import msgspec

from gateway.api.endpoint import Call, NoBody, Reply
from gateway.db.audit import AuditEntry, audit_entries
from shared.stores.postgres import Pool

PAGE: Final = 100
"""Entries per page."""


class AuditQuery(msgspec.Struct, frozen=True):
    """Which entries to return: those with ids below ``before``; by default the newest."""

    before: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)] | None = None


class AuditPage(msgspec.Struct, frozen=True):
    """Entries, newest first; ``before`` is the query for the next page, or null on the last one."""

    entries: list[AuditEntry]
    before: int | None


class AuditApi:
    """Serves ``/api/admin/audit``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def list(self, call: Call, _: NoBody) -> Reply:
        """Return a page of entries."""
        query: AuditQuery = call.query
        entries = list(await audit_entries(self._pool, before=query.before, most=PAGE + 1))
        shown = entries[:PAGE]
        return Reply(AuditPage(shown, shown[-1].id if len(entries) > PAGE else None))
