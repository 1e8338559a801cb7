"""Storage of finished pictures: S3, with caches in memory and optionally on local disk in front of it.

Every storage passes the same contract tests.
"""
