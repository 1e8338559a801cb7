"""Which ids were answered by the source that decides, and which were only mentioned in passing by some source."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Columns with defaults, and no changed meaning: the version before this one may still be serving.
STATEMENTS = (
    "ALTER TABLE title_aliases ADD COLUMN IF NOT EXISTS forward_id text",
    "ALTER TABLE title_aliases ADD COLUMN IF NOT EXISTS source text NOT NULL DEFAULT ''",
    # A title has one IMDb id. Where there are several, a source had answered with another title's id, and with its
    # ratings: the pictures go.
    r"""
    INSERT INTO purges (scope, targets, asked_by)
    SELECT 'title', array_agg(media_id ORDER BY media_id), 'migration 0006'
    FROM (SELECT media_id FROM title_aliases WHERE alias LIKE 'imdb:tt%' GROUP BY media_id HAVING count(*) > 1) AS mixed
    HAVING count(*) > 0
    """,
)


def upgrade() -> None:
    """Add them, and order a purge of the pictures that may show another title's ratings."""
    for statement in STATEMENTS:
        op.execute(statement)
