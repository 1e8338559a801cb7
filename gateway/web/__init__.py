"""The pages people open: HTML shells whose ES modules use the same `/api` as any other client.

No page contains anything secret.
"""
