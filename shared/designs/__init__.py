"""Freehand designs: a picture's elements as a document that people write, share and keep.

Pure. May import `shared.domain` and `shared.settings`.
"""
