"""What keys and operators choose and do: settings, profiles, daily usage, the audit log; and what upkeep goes by."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Columns with defaults, and tables of their own: the version before this one may still be serving.
STATEMENTS = (
    """
    CREATE TABLE global_settings (
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        settings jsonb NOT NULL DEFAULT '{}',
        free_key_enabled boolean NOT NULL DEFAULT false,
        updated_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "INSERT INTO global_settings DEFAULT VALUES",
    """
    CREATE TABLE key_settings (
        key_id bigint PRIMARY KEY REFERENCES api_keys ON DELETE CASCADE,
        settings jsonb NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE profiles (
        key_id bigint NOT NULL REFERENCES api_keys ON DELETE CASCADE,
        name text NOT NULL,
        kind text NOT NULL,
        settings jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (key_id, name)
    )
    """,
    """
    CREATE TABLE usage_daily (
        key_id bigint NOT NULL REFERENCES api_keys ON DELETE CASCADE,
        day date NOT NULL,
        requests bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (key_id, day)
    )
    """,
    # What gateways must reload; a row without a key means all keys.
    """
    CREATE TABLE key_changes (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key_id bigint,
        at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX key_changes_at ON key_changes (at)",
    # Without references: an entry outlives whom it is about.
    """
    CREATE TABLE audit_log (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at timestamptz NOT NULL DEFAULT now(),
        actor text NOT NULL,
        action text NOT NULL,
        target text NOT NULL,
        details jsonb NOT NULL DEFAULT '{}'
    )
    """,
    "CREATE INDEX audit_log_at ON audit_log (at)",
    # A sign-in is an admin's or a key holder's.
    "ALTER TABLE token_families ALTER COLUMN admin_id DROP NOT NULL",
    "ALTER TABLE token_families ADD COLUMN key_id bigint REFERENCES api_keys ON DELETE CASCADE",
    "ALTER TABLE token_families ADD CHECK (num_nonnulls(admin_id, key_id) = 1)",
    "CREATE INDEX token_families_key_id ON token_families (key_id)",
    # The day on which a picture or its settings were last requested.
    "ALTER TABLE images ADD COLUMN asked_on date NOT NULL DEFAULT current_date",
    "ALTER TABLE settings_registry ADD COLUMN asked_on date NOT NULL DEFAULT current_date",
    # Work that an admin asked for and a renderer does.
    """
    CREATE TABLE purges (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        scope text NOT NULL CHECK (scope IN ('title', 'look', 'all')),
        targets text[] NOT NULL,
        asked_at timestamptz NOT NULL DEFAULT now(),
        asked_by text NOT NULL,
        begun_at timestamptz,
        finished_at timestamptz,
        removed bigint NOT NULL DEFAULT 0,
        edge text NOT NULL DEFAULT 'waiting',
        error text
    )
    """,
    "CREATE INDEX purges_open ON purges (id) WHERE finished_at IS NULL",
)


def upgrade() -> None:
    """Add them."""
    for statement in STATEMENTS:
        op.execute(statement)
