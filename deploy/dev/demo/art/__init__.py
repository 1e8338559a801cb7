"""The pictures of the demo: scenes drawn by code, one per title, printed at any size on demand."""

from deploy.dev.demo.art.printing import aspect_of, render

__all__ = ["aspect_of", "render"]
