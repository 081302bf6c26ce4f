"""Serves the product for journeys: `python -m tests.journeys.serve START` prints its address and serves until it is ended.

START is the moment (ISO) at which the screens' clock begins; it runs on from there.
"""

import os
import sys
import time
from datetime import datetime, timedelta
from wsgiref.simple_server import make_server

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.journeys.settings"

from django.core.wsgi import get_wsgi_application  # the settings must be named first

from tests.pages.serve import Quiet, Server


def main() -> None:
    """Serve on a free port of this machine."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.journeys.settings"
    application = get_wsgi_application()
    from benchside.workplace import clock

    start, begun = datetime.fromisoformat(sys.argv[1]), time.monotonic()
    clock.now = lambda: start + timedelta(seconds=time.monotonic() - begun)
    with make_server("127.0.0.1", 0, application, server_class=Server, handler_class=Quiet) as server:
        sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
