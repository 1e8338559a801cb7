"""``python -m renderer.cli``: commands for operators; it starts no server."""

import typer

from renderer.cli.prewarm import prewarm
from renderer.cli.rebuild_index import rebuild_index

app = typer.Typer(
    help="Draw pictures ahead of requests, and restore the index of pictures from S3.",
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback with local variables could show a secret
)
app.command("prewarm")(prewarm)
app.command("rebuild-index")(rebuild_index)

if __name__ == "__main__":
    app(prog_name="python -m renderer.cli")
