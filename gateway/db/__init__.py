"""The gateway's SQL: one module per aggregate, plus the audit log that every change writes.

Imported only by the gateway. May import `shared`.
"""
