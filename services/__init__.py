"""The outside services: one module or folder per source that Marquee calls.

May import `shared`. Sources do not import one another; `catalog` builds them all.
"""
