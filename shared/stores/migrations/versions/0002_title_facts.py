"""Facts of titles: their dates, and what each source last said of their ratings and awards."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Columns with defaults only, and a table of its own: the version before this one may still be serving.
STATEMENTS = (
    "ALTER TABLE titles ADD COLUMN IF NOT EXISTS released date",
    "ALTER TABLE titles ADD COLUMN IF NOT EXISTS last_aired date",
    "ALTER TABLE titles ADD COLUMN IF NOT EXISTS status text NOT NULL DEFAULT ''",
    """
    CREATE TABLE title_reports (
        media_id text NOT NULL REFERENCES titles ON DELETE CASCADE,
        source text NOT NULL,
        ratings jsonb NOT NULL,
        award text,
        heard_at timestamptz NOT NULL,
        PRIMARY KEY (media_id, source)
    )
    """,
)


def upgrade() -> None:
    """Add them."""
    for statement in STATEMENTS:
        op.execute(statement)
