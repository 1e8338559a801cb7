"""What takes long on large tables: indexes are built concurrently, and answers in TMDB's own ids recorded in batches.

Writers are not blocked. An interrupted run resumes where it stopped: finished indexes stay, invalid ones are rebuilt,
and finished rows are skipped. Databases that got the indexes from earlier forms of the steps 0003 to 0005 keep them.
"""

from typing import Any, Final

from alembic import op

from shared.stores.migrations.concurrent_indexes import build_indexes

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEXES: Final = {
    "images_media_id": "images (media_id)",
    "images_asked_on": "images (asked_on)",
    "images_drawing": "images (drawing)",  # to count the pictures that are still to be redrawn
    "images_drawn_at": "images (drawn_at)",  # the newest pictures first, for admins
    "settings_registry_asked_on": "settings_registry (asked_on)",
    # The episodes alone, by their series.
    "titles_episodes": "titles (split_part(media_id, ':', 1)) WHERE position(':' IN media_id) > 0",
}
BATCH: Final = 5000

# TMDB's own ids contain their answer. Every other row may have been learnt in passing, so it is asked about again.
_ANSWER: Final = """
    WITH page AS (SELECT alias FROM title_aliases WHERE alias > $1 ORDER BY alias LIMIT $2), due AS (
        SELECT alias FROM title_aliases JOIN page USING (alias)
        WHERE alias LIKE 'tmdb:%' AND forward_id IS NULL AND source = ''
        ORDER BY alias FOR NO KEY UPDATE OF title_aliases
    ), answered AS (
        UPDATE title_aliases SET forward_id = media_id, source = 'tmdb' FROM due WHERE title_aliases.alias = due.alias
    )
    SELECT max(alias) FROM page
"""


def upgrade() -> None:
    """Build what is missing, outside a transaction."""
    with op.get_context().autocommit_block():
        opened: Any = op.get_bind().connection.dbapi_connection
        opened.run_async(lambda db: build_indexes(db, INDEXES))
        opened.run_async(answer_own_ids)


async def answer_own_ids(db: Any) -> None:
    """Mark the rows of TMDB's ids as answers, in short transactions."""
    last: str | None = ""
    while last is not None:
        async with db.transaction():
            last = await db.fetchval(_ANSWER, last, BATCH)
