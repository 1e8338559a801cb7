"""The keyed picture: its address, settings, limits, and the redirect or the proxied picture.

The hot path of the gateway: a redirect for a known key and known settings does no I/O.
"""
