"""Which version of the drawing code drew each picture; 0 where that was not recorded."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, with a default for the version before this one. Step 0008 builds its index."""
    op.execute("ALTER TABLE images ADD COLUMN IF NOT EXISTS drawing integer NOT NULL DEFAULT 0")
