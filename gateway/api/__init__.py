"""The framework of everything under `/api`: endpoints, request bodies, errors, CORS, OpenAPI, fallback routes.

Knows no endpoint; `gateway.api_routes` lists them all.
"""
