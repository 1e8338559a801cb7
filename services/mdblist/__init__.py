"""MDBList: ratings from every site at once, public lists, and films by TVDB number.

`client` sends the requests, `reader` parses the responses.
"""
