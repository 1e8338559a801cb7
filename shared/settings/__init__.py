"""What a caller chose for a picture: the model, its parameters, its digest and the address it leads to."""
