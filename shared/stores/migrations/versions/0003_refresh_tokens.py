"""Sign-ins: a family of refresh tokens each, of which one is good at a time."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Tables of their own: the version before this one may still be serving.
STATEMENTS = (
    """
    CREATE TABLE token_families (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        admin_id bigint NOT NULL REFERENCES admin_users ON DELETE CASCADE,
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX token_families_admin_id ON token_families (admin_id)",
    "CREATE INDEX token_families_expires_at ON token_families (expires_at)",
    """
    CREATE TABLE refresh_tokens (
        token_hash bytea PRIMARY KEY,
        family_id bigint NOT NULL REFERENCES token_families ON DELETE CASCADE,
        expires_at timestamptz NOT NULL,
        spent_at timestamptz
    )
    """,
    "CREATE INDEX refresh_tokens_family_id ON refresh_tokens (family_id)",
)


def upgrade() -> None:
    """Add them."""
    for statement in STATEMENTS:
        op.execute(statement)
