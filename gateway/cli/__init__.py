"""The operator's commands for admins and API keys: `python -m gateway.cli`.

Needs nothing but the database.
"""
