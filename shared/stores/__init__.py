"""The doors to Postgres and Redis, and the rows that both processes read or write."""
