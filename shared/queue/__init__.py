"""Render jobs: their messages, the queue, dead letters and prewarming. It imports the domain, settings and stores."""
