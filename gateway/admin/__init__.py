"""What an operator does here: the first account, a look at a title, a warm-up."""
