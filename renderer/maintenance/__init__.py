"""Removes pictures: what admins purge, and what has not been requested for a long time."""
