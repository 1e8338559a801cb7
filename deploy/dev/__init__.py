"""Tools for developing and measuring Marquee; operators do not need them."""
