"""``python -m gateway.admin``: what an operator does at a terminal; it starts no server."""

from gateway.admin.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
