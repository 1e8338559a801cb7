"""The operator's commands that need pictures or sources: `python -m renderer.cli prewarm` and `rebuild-index`.

Run by hand, or as Jobs of the chart, in the renderer's image. May import the rest of `renderer`.
"""
