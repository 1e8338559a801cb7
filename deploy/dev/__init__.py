"""Ours: what we develop and measure with. Operators need none of it."""
