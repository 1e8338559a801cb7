"""What the labels of a picture say: sash and age rating, in the words of a language, and until when they are true.

Pure: facts in, labels out; the day comes from the caller. May import `renderer.drawing` and `services`.
"""
