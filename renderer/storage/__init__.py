"""Where finished pictures are kept: S3, with memory and optional local disk in front of it.

Every storage passes one contract suite.
"""
