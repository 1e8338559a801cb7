"""Who administers: passwords, tokens, sign-in, and the rules that every address under ``/api`` keeps."""
