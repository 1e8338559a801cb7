"""Has titles drawn before anybody asks for them."""
