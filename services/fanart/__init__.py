"""Fanart.tv: more posters, logos and backdrops, with their language and number of likes.

`client` sends the requests, `reader` parses the responses.
"""
