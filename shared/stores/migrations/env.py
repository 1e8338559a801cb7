"""Alembic runs this for every command: the steps, each in a transaction. ``shared.stores.migrate`` has the lock."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
