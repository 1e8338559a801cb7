"""The gateway: keys, limits, redirects to pictures, the API and the web pages. It may import ``shared`` only."""
