"""Drawing: settings, artwork and ratings in, the bytes of a picture out.

Pure: no clock, network, randomness or store, so equal input gives equal output.
"""
