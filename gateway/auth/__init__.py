"""Sign-in of admins and key holders: passwords, session tokens, sign-in limits.

Modules ending in `_api` answer requests under `/api`.
"""
