"""Config: what the operator chose, read once from the environment."""
