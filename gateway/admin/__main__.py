"""``python -m gateway.admin``: the earlier name of ``python -m gateway.cli``, for scripts that still use it."""

from gateway.cli.commands import app

if __name__ == "__main__":
    app(prog_name="python -m gateway.admin")
