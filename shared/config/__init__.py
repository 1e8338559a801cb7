"""Config: what the operator chose, read once from the environment and checked before anything starts.

The only place that reads the environment. May import `shared.domain`.
"""
