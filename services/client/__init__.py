"""What every source is built from: the HTTP client, retries, key pools, circuit breakers, caches, JSON reading.

Knows no source. May import `shared`.
"""
