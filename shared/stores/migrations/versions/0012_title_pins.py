"""Pinned art: the file that a title's pictures are drawn on, for one key or for everybody."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Additive: the version before this one may still be serving.
STATEMENTS = (
    # Without a key a pin holds for everybody. The alias is the id that it was made for.
    """
    CREATE TABLE IF NOT EXISTS title_pins (
        key_id bigint REFERENCES api_keys ON DELETE CASCADE,
        media_id text NOT NULL,
        kind text NOT NULL,
        alias text NOT NULL,
        source text NOT NULL,
        file text NOT NULL,
        pinned_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE UNIQUE INDEX IF NOT EXISTS title_pins_of_title ON title_pins (coalesce(key_id, 0), media_id, kind)",
)


def upgrade() -> None:
    """Add them."""
    for statement in STATEMENTS:
        op.execute(statement)
