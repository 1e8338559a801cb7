"""Deletes pictures that an admin purges or that have not been requested for long, and drops outdated copies."""
