"""Local replacements for the outside sources, with films and pictures in the public domain.

``python -m deploy.dev.demo --port N`` serves, on 127.0.0.1, what TMDB (``/tmdb/3``), its images (``/tmdb-images/t/p``),
MDBList (``/mdblist``), OMDb (``/omdb``) and Fanart.tv (``/fanart/v3``) would say about 24 films of 1902 to 1930, which
are in the public domain, 4 serials of the 1910s, and a collection of two of the films. Any key will do; ``GET /calls``
counts the requests to each source. The titles are in ``catalogue.toml`` and their art in ``art``. The ratings are
illustrative: do not quote them.
"""
