"""The pages people open: HTML shells whose ES modules use the same `/api` as everybody else.

No page contains anything secret.
"""
