"""Access to Postgres and Redis, and the rows that both processes read or write. It imports domain and settings."""
