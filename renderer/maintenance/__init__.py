"""Removes pictures and copies of them: purges, retention, invalidation of caches, CDN purges.

May import the rest of `renderer` except `renderer.jobs.worker`.
"""
