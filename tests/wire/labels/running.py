"""A virtual printer that runs in a thread of the test, and a printer that answers by a script."""

import asyncio
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from benchside.wire.labels import PrinterAddress, PrinterLimits
from benchside.wire.labels.virtual_printer import Faults, VirtualPrinter

QUICK = PrinterLimits(
    connect_timeout_s=1.0,
    answer_timeout_s=1.0,
    send_timeout_s=1.0,
    retry_wait_s=0.02,
    idle_wait_s=0.3,
    job_wait_s=2.0,
    label_wait_s=0.05,
    poll_interval_s=0.02,
)
"""Limits short enough for tests on one machine."""


@contextmanager
def virtual_printer(**faults: Any) -> Generator[tuple[VirtualPrinter, PrinterAddress]]:
    """Run a virtual printer; its `faults` may be changed from the test."""
    printer = VirtualPrinter(faults=Faults(**faults))
    started: list[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = []
    ready = threading.Event()

    async def run() -> None:
        server = await printer.serve("127.0.0.1", 0)
        stopping = asyncio.Event()
        started.append((server.sockets[0].getsockname()[1], asyncio.get_running_loop(), stopping))
        ready.set()
        await stopping.wait()
        server.close()

    def work() -> None:
        asyncio.run(run())  # ends what still runs when `run` returns

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(5)
    port, loop, stopping = started[0]
    try:
        yield printer, PrinterAddress("127.0.0.1", port)
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(5)


@contextmanager
def scripted_printer(answer: Callable[[bytes], bytes | None]) -> Generator[tuple[PrinterAddress, list[bytes]]]:
    """Run a printer that answers each piece it receives with `answer(piece)`; None closes the connection."""
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    stopping = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(2)
            while not stopping.is_set():
                try:
                    piece = connection.recv(65_536)
                except OSError:
                    return
                reply = answer(piece) if piece else None
                if piece:
                    received.append(piece)
                if reply is None:
                    return
                connection.sendall(reply)

    def accept() -> None:
        while not stopping.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield PrinterAddress("127.0.0.1", listener.getsockname()[1]), received
    finally:
        stopping.set()
        thread.join(5)
        listener.close()
