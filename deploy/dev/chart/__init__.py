"""The table of values in the README of the Helm chart."""
