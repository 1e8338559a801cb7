"""The pure hand: from settings, art and ratings to the bytes of a picture, with no clock, network or chance."""
