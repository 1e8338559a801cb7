"""How Marquee is set up and run."""
