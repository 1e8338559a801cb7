"""Logs, metrics, traces and health checks, alike in both processes.

May import `shared.domain` and `shared.config`.
"""
