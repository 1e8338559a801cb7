"""How background work runs and ends: supervised tasks, single flight, batch buffers, tiered caches.

Knows nothing about pictures. May import `shared.domain`.
"""
