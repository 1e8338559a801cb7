"""A picture's settings: the model, its query parameters, its hash and the content URL. It imports the domain."""
