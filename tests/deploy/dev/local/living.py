"""Whether a process still runs."""

from pathlib import Path


def is_alive(pid: int) -> bool:
    """Tell whether the process runs; one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
