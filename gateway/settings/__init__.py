"""Settings as layers (global, key, profile, query) and what they resolve to."""
