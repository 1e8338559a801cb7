"""TMDB: resolves ids, describes titles, and has their pictures.

`client` sends the requests, `reader` parses the responses.
"""
