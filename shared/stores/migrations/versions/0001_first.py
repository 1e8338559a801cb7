"""The first tables: admins, keys, settings, titles, images and usage."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE admin_users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE api_keys (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    key_hash bytea NOT NULL UNIQUE,
    key_prefix text NOT NULL,
    share_hash bytea UNIQUE,
    tier smallint NOT NULL DEFAULT 0,
    monthly_limit integer NOT NULL DEFAULT 0 CHECK (monthly_limit >= 0),
    direct boolean NOT NULL DEFAULT false,
    disabled_at timestamptz,
    last_used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE settings_registry (
    hash char(32) PRIMARY KEY,
    kind text NOT NULL,
    format text NOT NULL,
    settings jsonb NOT NULL,
    text text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE titles (
    media_id text PRIMARY KEY,
    kind text NOT NULL,
    name text NOT NULL,
    film_date date,
    checked_at timestamptz NOT NULL
);
CREATE TABLE title_aliases (
    alias text PRIMARY KEY,
    media_id text NOT NULL REFERENCES titles ON DELETE CASCADE
);
CREATE INDEX title_aliases_media_id ON title_aliases (media_id);
CREATE TABLE images (
    hash char(32) NOT NULL,
    media_id text NOT NULL,
    ext text NOT NULL,
    etag text NOT NULL,
    bytes integer NOT NULL,
    fingerprint text NOT NULL,
    degraded boolean NOT NULL,
    drawn_at timestamptz NOT NULL,
    checked_at timestamptz NOT NULL,
    PRIMARY KEY (hash, media_id, ext)
);
CREATE TABLE usage_monthly (
    key_id bigint NOT NULL REFERENCES api_keys ON DELETE CASCADE,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    requests bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (key_id, month)
);
"""

# The free key is a row like any other, so that its requests are counted like any other's.
FREE_KEY = """
INSERT INTO api_keys (name, key_hash, key_prefix, tier)
VALUES ('free', sha256('t0-free-rpdb'::bytea), 't0-free-', 0);
"""


def upgrade() -> None:
    """Make the tables, and the row of the free key."""
    for statement in (TABLES + FREE_KEY).split(";\n"):
        if statement.strip():
            op.execute(statement)
