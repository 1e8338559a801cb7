"""Serves `/c/…`: what is stored, what can be drawn while the caller waits, and fallback artwork otherwise.

Needs no credential.
"""
