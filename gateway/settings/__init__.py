"""Settings as layers (global, key, profile, query), and what the layers resolve to.

Pure. May import `shared.settings` and `shared.domain`.
"""
