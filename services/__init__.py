"""The outside world: one file per source that we ask."""
