"""The renderer: draws the jobs of the queue, stores the pictures and serves them."""
