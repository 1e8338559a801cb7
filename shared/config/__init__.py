"""What the operator configures, read once from the environment. It imports the domain only."""
