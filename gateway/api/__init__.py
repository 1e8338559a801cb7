"""The framework of everything under /api: endpoints, errors, OpenAPI, fallback routes."""
