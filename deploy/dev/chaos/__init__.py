"""The chaos run: a separate stack under steady load; each of its parts is taken down and restored in turn."""
