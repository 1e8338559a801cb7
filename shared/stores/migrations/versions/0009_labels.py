"""What the labels of pictures tell: nominations and ages that sources report, and lists of titles with their day."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Additive: the version before this one may still be serving.
STATEMENTS = (
    "ALTER TABLE title_reports ADD COLUMN IF NOT EXISTS nominated text",
    "ALTER TABLE title_reports ADD COLUMN IF NOT EXISTS age smallint",
    """
    CREATE TABLE IF NOT EXISTS title_lists (
        name text PRIMARY KEY,
        origin text NOT NULL,
        day date,
        titles text[] NOT NULL DEFAULT '{}',
        tried_at timestamptz NOT NULL DEFAULT now()
    )
    """,
)


def upgrade() -> None:
    """Add them."""
    for statement in STATEMENTS:
        op.execute(statement)
