"""How background work runs and ends, and what is kept in memory.

Supervised tasks, single flight, batch buffers, tiered caches, packed tables. Knows nothing about pictures. May import
`shared.domain`.
"""
