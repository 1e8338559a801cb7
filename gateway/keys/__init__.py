"""API keys: tokens, the cache in front of Postgres, quotas and usage, profiles, and the API that manages them.

Modules ending in `_api` answer requests under `/api`.
"""
