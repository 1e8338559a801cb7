"""What every source is built from: the seam, the one HTTP client, the cache of facts and the limits."""
