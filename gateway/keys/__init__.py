"""API keys: how they are written, whose they are, and what their holders may ask about them."""
