"""Copies of pictures and artwork on local disk, bounded in size.

The disk may be slow, full or gone: nothing here raises for that.
"""
