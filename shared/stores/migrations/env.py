"""Alembic runs this for every command: the steps, on the connection that ``shared.stores.migrate`` has locked."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
