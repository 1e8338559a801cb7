"""A render job from claim to acknowledgement: worker, pipeline, lock, render pool, index.

May import the rest of `renderer` except `renderer.content` and `renderer.maintenance`.
"""
