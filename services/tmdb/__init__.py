"""TMDB: which title an id means, what the title is, and its pictures.

`client` asks, `reader` understands the answers.
"""
