"""The web pages: Jinja templates, and ES modules that call ``/api`` like any other client."""
