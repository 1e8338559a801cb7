"""What both processes must agree on. It imports no other package of the product."""
