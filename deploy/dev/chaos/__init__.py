"""The chaos run: a stack of its own under steady load, each of its parts taken away and given back in turn."""
