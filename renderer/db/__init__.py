"""SQL of the renderer: retention, restoring the index, purges."""
