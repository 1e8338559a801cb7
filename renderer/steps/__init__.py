"""The steps of a job, one file each, in the order of ``renderer/jobs/pipeline.py``; no step imports another."""
