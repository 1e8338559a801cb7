"""Render jobs: taken from the queue, run through the steps, settled."""
