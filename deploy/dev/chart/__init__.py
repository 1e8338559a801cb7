"""The chart's workshop: what `make chart` writes into `helm/marquee` and how it checks what comes out of it."""
