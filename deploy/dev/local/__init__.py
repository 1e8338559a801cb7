"""The embedded run: the whole stack on one machine, with nothing installed beforehand."""
