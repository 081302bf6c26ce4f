"""A printer that stands nowhere: for the demo clinic and for trying a set-up, run beside the job it prints."""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from benchside.wire.labels import PrinterAddress
from benchside.wire.labels.virtual_printer import VirtualPrinter

SCHEME: Final = "virtual:"
START_WAIT_S: Final = 5.0


@contextmanager
def virtual_printer() -> Generator[PrinterAddress]:
    """Run a virtual printer on a free port of this machine while the context is open. Raises TimeoutError when it does not start."""
    found: list[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = []
    ready = threading.Event()

    async def run() -> None:
        server = await VirtualPrinter().serve("127.0.0.1", 0)
        ending = asyncio.Event()
        found.append((server.sockets[0].getsockname()[1], asyncio.get_running_loop(), ending))
        ready.set()
        await ending.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="virtual-printer", daemon=True)
    thread.start()
    if not ready.wait(START_WAIT_S):
        raise TimeoutError("The virtual printer did not start.")
    port, loop, ending = found[0]
    try:
        yield PrinterAddress("127.0.0.1", port)
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join(START_WAIT_S)
