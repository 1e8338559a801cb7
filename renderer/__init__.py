"""The hand: draws what the stream asks for and serves what it drew."""
