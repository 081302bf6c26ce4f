"""Keeps the processes of one machine running: starts them, starts them again after a crash, stops them cleanly.

Nothing of a site lives in these processes' memory, so a crash of any of them loses nothing and a restart heals it.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

STOP_PATIENCE_S: Final = 20
"""How long a part may take to finish what it is doing before it is killed."""
BACKOFF_FIRST_S: Final = 1.0
BACKOFF_MAX_S: Final = 60.0
STEADY_AFTER_S: Final = 60.0
"""A part that ran this long before it ended is started again at once."""
TICK_S: Final = 0.2
STANDARD_INPUT: Final = 0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Part:
    """One process to keep running: its name, its command, and how it is doing."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    backoff_s: float = BACKOFF_FIRST_S
    start_again: float = 0.0
    restarts: int = field(default=0)


class Supervisor:
    """Runs parts until it is told to stop. `clock` gives seconds that only grow."""

    def __init__(
        self, parts: Sequence[Part], *, environment: Mapping[str, str] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the parts; nothing starts before `run`."""
        self.parts = list(parts)
        self.environment = environment
        self.clock = clock
        self.stopping = threading.Event()

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Ask `run` to end; fit to be a signal handler."""
        del number, frame
        self.stopping.set()

    def run(self) -> None:
        """Start every part and keep it running until `stop`, SIGTERM or SIGINT; every part has ended when this returns."""
        before = {number: signal.signal(number, self.stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            for part in self.parts:
                self._start(part)
            while not self.stopping.wait(TICK_S):
                for part in self.parts:
                    self._look_after(part)
        finally:
            self._stop_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _start(self, part: Part) -> None:
        # Standard input is a pipe that nobody writes to: the part sees its end when this process dies, however it dies.
        # The commands are our own modules with checked options, never anybody's text.
        part.process = subprocess.Popen(list(part.command), stdin=subprocess.PIPE, env=self.environment, start_new_session=True)  # noqa: S603  # see the line above
        part.started = self.clock()
        log.info("started", extra={"process_name": part.name})

    def _look_after(self, part: Part) -> None:
        now = self.clock()
        if part.process is not None:
            code = part.process.poll()
            if code is None:
                return
            if now - part.started >= STEADY_AFTER_S:
                part.backoff_s = BACKOFF_FIRST_S
            part.start_again = now + part.backoff_s
            part.backoff_s = min(part.backoff_s * 2, BACKOFF_MAX_S)
            _end_family(part.process)
            part.process = None
            log.error("ended by itself; starting again", extra={"process_name": part.name, "exit_code": code})
        if now >= part.start_again:
            part.restarts += 1
            self._start(part)

    def _stop_all(self) -> None:
        running = [(part, part.process) for part in self.parts if part.process is not None]
        for _, process in running:
            process.terminate()
        deadline = self.clock() + STOP_PATIENCE_S
        for part, process in running:
            try:
                process.wait(max(0.0, deadline - self.clock()))
            except subprocess.TimeoutExpired:
                log.warning("did not stop in time; killed", extra={"process_name": part.name})
                process.kill()
                process.wait()
            _end_family(process)
            part.process = None


def _end_family(process: subprocess.Popen[bytes]) -> None:
    """After a part has ended: end what it may have left behind (a web part's own processes), and close its pipe."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()


def python_module(name: str, *arguments: str) -> list[str]:
    """Return the command that runs module `name` with the Python of this process."""
    return [sys.executable, "-m", name, *arguments]


def end_with_parent(*, ask: Callable[[], None]) -> None:
    """In a part: call `ask` when the supervisor is gone, so that no part outlives it. Returns at once."""
    if sys.stdin is None or sys.stdin.isatty():
        return

    def watch() -> None:
        # The bare descriptor: a thread that waits inside sys.stdin holds a lock that forked children would need.
        while os.read(STANDARD_INPUT, 1024):
            pass
        ask()

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()
