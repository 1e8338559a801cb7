"""The anime id map: which title, season and episode offset an entry of an anime site means."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Additive: the version before this one may still be serving.
STATEMENTS = (
    """
    CREATE TABLE IF NOT EXISTS anime_ids (
        site text NOT NULL,
        number integer NOT NULL,
        type text NOT NULL,
        imdb integer[] NOT NULL,
        tmdb_movies integer[] NOT NULL,
        tmdb_tv integer,
        tvdb integer,
        season_tmdb integer,
        season_tvdb integer,
        episode_offset integer NOT NULL,
        PRIMARY KEY (site, number)
    )
    """,
    "CREATE INDEX IF NOT EXISTS anime_ids_tmdb_tv ON anime_ids (tmdb_tv) WHERE tmdb_tv IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS anime_ids_tmdb_movies ON anime_ids USING gin (tmdb_movies)",
    "CREATE INDEX IF NOT EXISTS anime_ids_imdb ON anime_ids USING gin (imdb)",
    # One row: where the list came from, and when.
    """
    CREATE TABLE IF NOT EXISTS anime_map (
        is_map boolean PRIMARY KEY DEFAULT true CHECK (is_map),
        origin text NOT NULL,
        number_of_rows integer NOT NULL DEFAULT 0,
        first_tried_at timestamptz NOT NULL,
        tried_at timestamptz NOT NULL,
        fetched_at timestamptz
    )
    """,
)


def upgrade() -> None:
    """Add them."""
    for statement in STATEMENTS:
        op.execute(statement)
