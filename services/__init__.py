"""The outside world: one module or folder per source that Marquee asks.

May import `shared`. Sources do not import one another; `catalog` is where they meet.
"""
