"""TMDB: which title an id means, what the title is, and its pictures.

`client` sends the requests, `reader` parses the responses.
"""
