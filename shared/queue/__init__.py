"""Render jobs: the message that crosses the stream and the queues that carry it."""
