"""The doors to Postgres and Redis, the migrations, and the rows and counters that both processes use.

May import the rest of `shared` except `shared.http` and `shared.queue`.
"""
