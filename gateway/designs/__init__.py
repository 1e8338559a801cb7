"""Freehand designs over HTTP: the presets that admins publish, the schema, previews, and the design of a look.

Modules ending in `_api` answer requests under `/api`.
"""
