"""Durable facts in Postgres: one module of SQL per aggregate."""
