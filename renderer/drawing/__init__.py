"""Draws pictures from settings, artwork and ratings. Pure: no clock, network or randomness."""
