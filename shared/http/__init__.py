"""How both processes serve HTTP: the server, client addresses, errors as responses, spans. It imports the domain."""
