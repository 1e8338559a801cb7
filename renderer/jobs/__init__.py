"""Render jobs: claimed from the queue, run through the steps, acknowledged."""
