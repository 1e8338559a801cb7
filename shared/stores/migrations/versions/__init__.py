"""One file a step, named by number. A step must let the version before it go on serving."""
