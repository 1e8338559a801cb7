"""Restores the index of pictures from the pictures themselves: what Postgres lost, S3 still says."""
