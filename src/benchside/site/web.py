"""The web part: Granian with a few threads in each of a few processes.

Few on purpose. Requests here are short and keep one core busy each; with Granian's default of many threads they queue
for Python's lock and the slowest wait longest. docs/decisions/0005-granian-with-few-threads.md has the measurements.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces, RuntimeModes
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server
from granian.server.common import AbstractServer

from benchside.site.supervisor import end_with_parent

STOP_PATIENCE_S: Final = 15
HEADER_READ_TIMEOUT_MS: Final = 10_000
IDLE_THREAD_S: Final = 600
WAITING_PER_THREAD_MAX: Final = 64


def server(host: str, port: int, *, workers: int, threads: int) -> AbstractServer[Any]:
    """Return the web server, not yet started, for `workers` processes of `threads` threads each."""
    return Server(
        "benchside.site.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        # A thread that ends takes its database connection with it; keep threads as long as Granian allows.
        blocking_threads_idle_timeout=IDLE_THREAD_S,
        runtime_mode=RuntimeModes.st,
        backpressure=threads * WAITING_PER_THREAD_MAX,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_READ_TIMEOUT_MS),
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=_log_configuration(),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_PATIENCE_S,
    )


def _log_configuration() -> dict[str, object]:
    """Send Granian's own words through our lines."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "benchside.site.logs.LineFormatter"}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {"_granian": {"handlers": ["lines"], "level": "WARNING", "propagate": False}},
    }


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM or until the supervisor is gone."""
    parser = argparse.ArgumentParser(prog="benchside.site.web")
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    chosen = parser.parse_args(arguments)
    end_with_parent(ask=lambda: os.kill(os.getpid(), signal.SIGTERM))
    server(chosen.host, chosen.port, workers=chosen.workers, threads=chosen.threads).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
