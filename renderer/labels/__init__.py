"""What the labels of a picture say: sash, age rating, quality and facts, in a language's words, and until when.

Pure: facts in, labels out; the day comes from the caller. May import `renderer.drawing` and `services`.
"""
