"""How both processes serve HTTP: the server and its shutdown, the client's address, errors as responses.

May import `shared.domain`, `shared.config` and `shared.observability`.
"""
