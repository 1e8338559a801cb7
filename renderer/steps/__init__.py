"""The steps of a render job, one file each; `renderer.jobs.pipeline` lists them in order.

A step calls no other step.
"""
