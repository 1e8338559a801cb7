"""Finds the episodes of a series: a purge of a series is one of its episodes too."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an index of the episodes alone, by their series."""
    op.execute(
        "CREATE INDEX titles_episodes ON titles (split_part(media_id, ':', 1)) WHERE position(':' IN media_id) > 0"
    )
