"""Where everything stands on a picture: integer boxes worked out from design, badges and canvas size. Pure."""
