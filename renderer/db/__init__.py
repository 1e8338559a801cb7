"""The renderer's SQL: retention, restoring the index from S3, purges in progress.

Imported only by the renderer. May import `shared`.
"""
