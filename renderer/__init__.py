"""Draws what the queue asks for, stores it, and serves it under `/c/…`.

May import `services` and `shared`.
"""
