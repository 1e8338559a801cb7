"""Finds the episodes of a series: a purge of a series is one of its episodes too. Step 0008 builds the index."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Do nothing: the index that was built here held up all writes to the table meanwhile."""
