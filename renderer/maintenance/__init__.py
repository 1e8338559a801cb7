"""Removes pictures: those that an admin wants gone, and those that nobody asked for in a long time."""
