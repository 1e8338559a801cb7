"""Logs, numbers and probes, alike in both processes."""
