"""Background tasks, shared reads, buffers and caches. It imports the domain and the store clients."""
