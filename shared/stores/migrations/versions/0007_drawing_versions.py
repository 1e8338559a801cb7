"""Which version of the drawing code drew each picture; 0 where that was not recorded."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A column with a default, which the version before this one need not know.
STATEMENTS = (
    "ALTER TABLE images ADD COLUMN IF NOT EXISTS drawing integer NOT NULL DEFAULT 0",
    "CREATE INDEX IF NOT EXISTS images_drawing ON images (drawing)",
)


def upgrade() -> None:
    """Add the column, and an index to count the pictures that are still to be redrawn."""
    for statement in STATEMENTS:
        op.execute(statement)
