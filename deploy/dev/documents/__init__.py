"""The parts of documents that the code writes: ``make docs`` writes all, ``make chart`` the table of values."""
