"""The rows of the table, one file for all rows that share their setup."""
