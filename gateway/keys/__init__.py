"""API keys: tokens, lookup, usage, and the endpoints for admins and key holders."""
