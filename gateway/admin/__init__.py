"""The operator's account."""
