"""The content server: serves ``/c/…`` from storage, or has the picture drawn."""
