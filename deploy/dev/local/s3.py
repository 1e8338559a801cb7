"""The embedded S3: the S3 gateway of JuiceFS over one folder, with everything it writes in there.

The folder has the bytes of the objects, and what is known of them in SQLite, so that it outlives any process.
Signatures are checked. It listens on the loopback address only.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

from deploy.dev.local.ports import HOST

ACCESS_KEY: Final = "local"
SECRET_KEY: Final = "local-secret"  # noqa: S105 - of a server for this machine alone, at least eight characters
REGION: Final = "us-east-1"

FORMAT_S: Final = 60.0
_VOLUME: Final = "marquee"
_PROGRAM: Final = "juicefs"
_FORMAT: Final = ("--storage", "file", "--trash-days", "0")
_GATEWAY: Final = (
    "--multi-buckets", "--keep-etag", "--object-meta", "--no-banner", "--no-usage-report", "--backup-meta", "0",
    "--cache-size", "16", "--buffer-size", "32M", "--metrics", f"{HOST}:0",
)  # fmt: skip


def s3_program() -> str | None:
    """Return the server of the wheel, or else one installed on the system; ``None`` if there is neither."""
    wheel = Path(sysconfig.get_path("scripts")) / _PROGRAM
    return str(wheel) if os.access(wheel, os.X_OK) else shutil.which(_PROGRAM)


def main() -> None:
    """Serve until stopped, with the program, the loopback port and the folder given as arguments."""
    program, port, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    folder.mkdir(mode=0o700, exist_ok=True)
    database = f"sqlite3://{folder / 'meta.db'}"
    # It keeps what is stored: on a folder that has been in use, it only says where the folder is by now.
    prepare = [program, "format", "--no-agent", *_FORMAT, "--bucket", f"{folder / 'objects'}/", database, _VOLUME]
    try:
        subprocess.run(prepare, check=True, timeout=FORMAT_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        sys.exit(f"s3: {folder} cannot be prepared: {error}")
    serve = [program, "gateway", "--no-agent", *_GATEWAY, "--cache-dir", str(folder / "cache")]
    keys = {"MINIO_ROOT_USER": ACCESS_KEY, "MINIO_ROOT_PASSWORD": SECRET_KEY, "HOME": str(folder)}
    os.execve(program, [*serve, database, f"{HOST}:{port}"], os.environ | keys)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
