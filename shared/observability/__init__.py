"""Logs, metrics, traces and probes of both processes. It imports the domain and the config."""
