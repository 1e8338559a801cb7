"""The rights of Marquee's user as the documentation lists them, given to a user of a running server."""

from pathlib import Path
from typing import Final

from tests.stack.valkeys import Valkey

ROOT: Final = Path(__file__).parents[2]
USER: Final = "marquee"
PASSWORD: Final = "redis-password-never-to-be-seen"


def documented() -> list[str]:
    """Return the words of the command in the documentation."""
    text = (ROOT / "deploy/README.md").read_text()
    return text[text.index("ACL SETUSER marquee") :].partition("```")[0].replace(">password", f">{PASSWORD}").split()


async def allow_only(server: Valkey, *, in_cluster: bool = False) -> None:
    """Make the user with exactly these rights. The default user may say nothing in the log of refusals."""
    words = documented()
    if in_cluster:
        words = [word.replace("marquee:*", "{marquee}:*") for word in words] + ["+cluster|slots"]
    await server.tell(*words)
    await server.tell("ACL", "LOG", "RESET")


async def refused(server: Valkey) -> list[str]:
    """Return what the server refused the user."""
    rows = await server.tell("ACL", "LOG")
    return [" ".join(str(word) for word in (row.items() if isinstance(row, dict) else row)) for row in rows]
