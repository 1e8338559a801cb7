"""The words of the trade and their rules, pure: imports nothing of ours and does no I/O."""
