"""What every source is built on: the HTTP client, retries, key pools, circuit breakers, caches, JSON reading.

Knows no particular source. May import `shared`.
"""
