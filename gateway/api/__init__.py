"""The framework of everything under /api: endpoints and their dispatch, errors, OpenAPI, fallback routes."""
