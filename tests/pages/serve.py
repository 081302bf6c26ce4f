"""Serves the style pages for the browser tests: `python -m tests.pages.serve` prints its address and serves until it is ended."""

import os
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.pages.settings"

from django.core.wsgi import get_wsgi_application  # the settings must be named first


class Server(ThreadingMixIn, WSGIServer):
    """One thread for each connection of the browser."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Keeps requests out of the test's output; errors still go to stderr through Django."""

    def log_message(self, format: str, *args: object) -> None:  # the base class names it so
        """Say nothing."""


def main() -> None:
    """Serve on a free port of this machine, or on the one given."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with make_server("127.0.0.1", port, get_wsgi_application(), server_class=Server, handler_class=Quiet) as server:
        sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
