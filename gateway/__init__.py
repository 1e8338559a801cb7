"""The edge: who may ask, what they get, and where it is."""
