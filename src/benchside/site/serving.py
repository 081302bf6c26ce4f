"""`benchside serve`: which processes make a site, and telling a person when it is ready."""

import http.client
import os
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Final

from django.conf import settings

from benchside.site.supervisor import Part, Supervisor, python_module

READY_WITHIN_S: Final = 60
READY_POLL_S: Final = 0.1


class AddressTaken(OSError):
    """Something else listens on the address, or this machine does not have it."""


def run(
    host: str,
    port: int,
    *,
    parts: Sequence[str] = ("web", "worker"),
    workers: int | None = None,
    threads: int | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Run the parts until told to stop; raises AddressTaken before anything starts.

    `ready` is called once, with the address, when the web part answers; by default the address is printed.
    """
    commands = {
        "web": python_module(
            "benchside.site.web",
            *("--host", host, "--port", str(port)),
            *("--workers", str(workers or settings.WEB_WORKERS), "--threads", str(threads or settings.WEB_THREADS)),
        ),
        "worker": python_module("benchside.site.worker"),
    }
    supervisor = Supervisor([Part(name, commands[name]) for name in parts], environment=_environment())
    if "web" in parts:
        _require_free(host, port)
        announce = ready or (lambda address: print(f"Benchside is ready at {address}", flush=True))  # noqa: T201  # for the person at the terminal
        threading.Thread(target=_announce, args=(host, port, supervisor, announce), name="announce", daemon=True).start()
    supervisor.run()


def _environment() -> dict[str, str]:
    """Return what the parts inherit: this process's variables, and line-wise output."""
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "benchside.site.settings"),
    }


def _require_free(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise AddressTaken(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another with --port or --host.") from error


def _announce(host: str, port: int, supervisor: Supervisor, announce: Callable[[str], None]) -> None:
    asked = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared, not listened on
    for _ in range(int(READY_WITHIN_S / READY_POLL_S)):
        if supervisor.stopping.wait(READY_POLL_S):
            return
        connection = http.client.HTTPConnection(asked, port, timeout=5)
        try:
            connection.request("GET", "/health", headers={"Host": "localhost"})
            if connection.getresponse().status == http.client.OK:
                announce(settings.PUBLIC_URL or f"http://{f'[{asked}]' if ':' in asked else asked}:{port}")
                return
        except OSError:
            continue
        finally:
            connection.close()
    sys.stderr.write("benchside: the web part does not answer; the lines above say why.\n")
