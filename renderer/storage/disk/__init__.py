"""A cache of pictures and artwork on local disk, limited in size.

The disk may be slow, full or unavailable; ``DiskStorage`` and ``DiskArtwork`` never raise because of it.
"""
