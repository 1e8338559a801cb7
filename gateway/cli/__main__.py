"""``python -m gateway.cli``: admins and API keys from a terminal; it starts no server."""

from gateway.cli.commands import app

if __name__ == "__main__":
    app(prog_name="python -m gateway.cli")
