"""How background work runs, joins, buffers and ends."""
