"""MDBList: ratings from every site at once, public lists, and films by TVDB number.

`client` asks, `reader` understands the answers.
"""
