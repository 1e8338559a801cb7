"""Sign-in of admins and key holders: passwords, tokens, limits and the endpoints."""
