"""Presets: named settings or designs that admins publish for every key."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Additive: the version before this one may still be serving.
TABLE = """
    CREATE TABLE IF NOT EXISTS presets (
        name text PRIMARY KEY,
        kind text NOT NULL,
        settings jsonb NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
    )
"""


def upgrade() -> None:
    """Add them."""
    op.execute(TABLE)
