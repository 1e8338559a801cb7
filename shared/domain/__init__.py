"""The vocabulary and its rules: ids, pictures, ratings, awards, errors, cache lifetimes.

Pure: no I/O, no clock of its own. Imports nothing else of Marquee.
"""
