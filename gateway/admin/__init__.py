"""What admins do over HTTP: titles, stored images, purges, prewarming, dead letters, statistics, the audit log.

Modules ending in `_api` answer requests under `/api/admin`.
"""
