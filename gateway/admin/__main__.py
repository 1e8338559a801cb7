"""``python -m gateway.admin``: the operator's command line; it starts no server."""

from gateway.admin.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
