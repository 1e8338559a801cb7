"""The domain's types and rules: errors, ids, pictures, ratings, cache lifetimes. No I/O, no imports."""
