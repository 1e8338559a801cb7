"""Which settings only the free key uses: their pictures are kept for fewer days than others."""

from typing import Any, Final

from alembic import op

from shared.stores.migrations.concurrent_indexes import build_indexes

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Nobody knows who used the settings that are stored already, so their pictures stay as long as those of other keys.
COLUMN: Final = "ALTER TABLE settings_registry ADD COLUMN IF NOT EXISTS free_only boolean NOT NULL DEFAULT false"
INDEXES: Final = {
    "settings_registry_free_only": "settings_registry (hash) WHERE free_only",
    "images_hash_asked_on": "images (hash, asked_on)",
}


def upgrade() -> None:
    """Add the column, then build the indexes outside a transaction."""
    with op.get_context().autocommit_block():
        op.execute(COLUMN)
        opened: Any = op.get_bind().connection.dbapi_connection
        opened.run_async(lambda db: build_indexes(db, INDEXES))
