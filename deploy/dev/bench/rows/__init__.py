"""The rows of the table, one file for those that share their preparation."""
