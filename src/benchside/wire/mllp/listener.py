"""A listener for HL7 v2: what comes is kept first and answered then. Many connections share one commit.

While one batch is being committed, whatever else arrives gathers for the next: with one sender every message has a commit of its
own, with twenty they share it. Nothing is acknowledged before its commit has returned.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import count
from ssl import SSLContext

from benchside.record.keys import microseconds
from benchside.wire.hl7v2.acknowledgement import NOT_UNDERSTOOD, Problem, accept_code, acknowledgement
from benchside.wire.hl7v2.message import Message, Unreadable, read_message
from benchside.wire.inbox.keeping import Arrival
from benchside.wire.mllp.framing import Frame, Frames, TooLong, framed

CONNECTIONS_MAX = 200
BATCH_MAX = 500
PIECE_BYTES = 64 * 1024
CLOSING_PATIENCE_S = 5
NOT_KEPT = "The message could not be stored. Send it again."

log = logging.getLogger(__name__)
Keeper = Callable[[Sequence[Arrival]], None]


class Listener:
    """Serves one link on one address. `keep` writes arrivals durably (in a thread of its own) or raises; `clock` gives aware times."""

    def __init__(self, link: str, keep: Keeper, clock: Callable[[], datetime], *, connections_max: int = CONNECTIONS_MAX) -> None:
        self.link = link
        self._keep, self._clock = keep, clock
        self._connections_max = connections_max
        self._open: set[asyncio.Task[None]] = set()
        self._waiting: list[tuple[Arrival, asyncio.Future[bool]]] = []
        self._arrived = asyncio.Event()
        self._numbers = count(1)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"keep-{link}")

    async def serve(self, host: str, port: int, *, tls: SSLContext | None = None, ready: Callable[[int], None] = lambda port: None) -> None:
        """Listen until cancelled; `ready` is told the port. Raises OSError when the address cannot be had."""
        server = await asyncio.start_server(self._connection, host, port, ssl=tls, limit=PIECE_BYTES)
        ready(server.sockets[0].getsockname()[1])
        keeping = asyncio.create_task(self._keep_batches())
        try:
            async with server:
                await server.serve_forever()
        finally:
            for connection in self._open:
                connection.cancel()
            if self._open:  # each keeps what was begun on it
                await asyncio.wait(self._open, timeout=CLOSING_PATIENCE_S)
            keeping.cancel()
            self._thread.shutdown()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= self._connections_max:
            log.warning("connection refused: %s are open", len(self._open), extra={"link": self.link})
            writer.close()
            return
        own = asyncio.current_task()
        assert own is not None, "asyncio runs every connection in a task"
        self._open.add(own)
        frames = Frames()
        try:
            while piece := await reader.read(PIECE_BYTES):
                for frame in frames.feed(piece):
                    answer = await self._taken(frame)
                    if answer is not None:
                        writer.write(framed(answer))
                        await writer.drain()
        except TooLong as too_long:
            await self._kept(self._arrival(too_long.begun, reason=f"The sender's message has no end: {too_long}."))
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            pass  # what was begun is kept below; the sender will come again
        finally:
            for rest in frames.finish():
                await self._taken(rest)
            self._open.discard(own)
            writer.close()

    async def _taken(self, frame: Frame) -> bytes | None:
        """Keep a frame; the answer for its sender, None where there is nobody to answer."""
        if not frame.whole:
            await self._kept(self._arrival(frame.content, reason="This stood outside a frame, or its frame was broken off."))
            return None
        try:
            message = read_message(frame.content)
        except Unreadable as unreadable:
            stored = await self._kept(self._arrival(frame.content, reason=str(unreadable)))
            return self._unreadable(str(unreadable) if stored else NOT_KEPT)
        stored = await self._kept(self._arrival(frame.content, control_id=message.control_id))
        return self._answer(message, stored=stored)

    def _arrival(self, raw: bytes, *, control_id: str = "", reason: str = "") -> Arrival:
        return Arrival(self.link, raw, microseconds(self._clock()), control_id, reason)

    def _answer(self, message: Message, *, stored: bool) -> bytes | None:
        code = accept_code(message, stored=stored)
        if code is None:
            return None
        problems = () if stored else (Problem(*NOT_UNDERSTOOD, NOT_KEPT),)
        return acknowledgement(message, code, at=self._clock(), control_id=self._number(), problems=problems)

    def _unreadable(self, words: str) -> bytes:
        """Reject what has no header to answer: a header of our own."""
        at = self._clock()
        nobody = read_message(f"MSH|^~\\&|||||{at:%Y%m%d%H%M%S}||ACK||P|2.5.1".encode())
        return acknowledgement(nobody, "AR", at=at, control_id=self._number(), problems=(Problem(*NOT_UNDERSTOOD, words),))

    def _number(self) -> str:
        return f"{microseconds(self._clock())}.{next(self._numbers)}"

    # One commit for all who wait

    async def _kept(self, arrival: Arrival) -> bool:
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, done))
        self._arrived.set()
        return await done

    async def _keep_batches(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._arrived.wait()
            batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
            if not self._waiting:
                self._arrived.clear()
            stored = True
            try:
                await loop.run_in_executor(self._thread, partial(self._keep, [arrival for arrival, _ in batch]))
            except Exception:  # the door of the link: whatever the database says, the sender is told that we do not have it
                log.exception("arrivals could not be kept", extra={"link": self.link, "arrivals": len(batch)})
                stored = False
            for _, done in batch:
                if not done.done():
                    done.set_result(stored)
