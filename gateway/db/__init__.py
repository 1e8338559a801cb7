"""The gateway's SQL: one module for each aggregate, imported only by the gateway.

What the request path holds is a class over the pool, which tests replace by a double; everything else is functions
over the pool, or over the connection of a transaction that :func:`gateway.db.audit.changing` opened.
"""
