"""MDBList: ratings from every site at once, lists, and films by TVDB number."""
