"""Every client that is known to ask RPDB for posters, written as it behaves, against a running pair."""
