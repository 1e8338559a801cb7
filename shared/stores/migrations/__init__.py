"""Steps that bring the database from one version to the next; run by ``shared.stores.migrate``."""
