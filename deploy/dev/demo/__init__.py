"""The demo catalogue: a stand-in for every outside source, with films and pictures that anybody may show.

``python -m deploy.dev.demo --port N`` serves, on 127.0.0.1, what TMDB (``/tmdb/3``), its images (``/tmdb-images/t/p``),
MDBList (``/mdblist``), OMDb (``/omdb``) and Fanart.tv (``/fanart/v3``) would say about 24 films of 1902 to 1930, which
are in the public domain, and 4 serials of the 1910s. Any key will do; ``GET /calls`` tells how often each source was
asked. The ratings are illustrative: nobody should quote them. All pictures are drawn by the code in ``art``.
"""
