"""How both processes serve HTTP: the server, the client's address, errors as answers."""
