"""Tools for the Helm chart: the table of values in its README, and a Helm to check it with."""
