"""The keyed picture: address, settings, limits, and the redirect or the proxied picture."""
