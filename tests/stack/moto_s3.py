"""An S3 for tests that need no real one: moto's server with S3 alone, in memory, without signatures."""

import logging
import sys

from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from deploy.dev.local.ports import HOST


def main() -> None:
    """Serve until stopped, on the loopback port given as the only argument."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server(
        HOST, int(sys.argv[1]), create_backend_app("s3"), threaded=True, request_handler=MotoRequestHandler
    )
    server.serve_forever()


if __name__ == "__main__":
    main()
