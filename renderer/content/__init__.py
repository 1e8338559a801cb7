"""The content server: answers ``/c/…`` from what is stored, or asks for it to be drawn."""
