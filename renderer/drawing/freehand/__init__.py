"""Freehand designs, drawn: which elements a title has, where they stand, and how they are painted.

Pure. May import `shared.designs` and the rest of `renderer.drawing`.
"""
