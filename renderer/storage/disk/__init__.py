"""A cache of pictures and artwork on local disk, limited in size.

A disk that is slow, full or unavailable never causes an error.
"""
