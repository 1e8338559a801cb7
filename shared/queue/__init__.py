"""Render jobs between gateway and renderer: messages, the queue on Redis streams, dead letters, prewarming.

May import the rest of `shared` except `shared.http`.
"""
