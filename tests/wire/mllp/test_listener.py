"""The listener over real sockets: kept before answered, known again, told when it could not be kept."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
from django.db import connections

from benchside.record.engine import Engine
from benchside.wire.hl7v2.message import Message, read_message
from benchside.wire.inbox.keeping import Arrival, keep
from benchside.wire.mllp.framing import Frames, framed
from benchside.wire.mllp.listener import Listener

Keeper = Callable[[Sequence[Arrival]], None]
ROWS = "SELECT link, control_id, raw, state, reason, again FROM wire_received ORDER BY id"


@contextmanager
def listening(keeper: Keeper) -> Iterator[int]:
    """A listener in a thread of its own; its port."""
    ports: list[int] = []
    ready, loop = threading.Event(), asyncio.new_event_loop()

    def told(port: int) -> None:
        ports.append(port)
        ready.set()

    listener = Listener("lab", keeper, lambda: datetime.now(UTC))
    serving = loop.create_task(listener.serve("127.0.0.1", 0, ready=told))

    def run() -> None:
        asyncio.set_event_loop(loop)
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(serving)
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join(10)


def into(url: str) -> Keeper:
    """Keep in the test's database, over the keeping thread's own connection."""
    del url

    def kept(arrivals: Sequence[Arrival]) -> None:
        keep(Engine(), arrivals)
        connections["default"].close()

    return kept


class Sender:
    """A sender with one connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.frames = Frames()

    def send(self, *messages: bytes) -> list[Message]:
        return self.exchange(b"".join(map(framed, messages)), len(messages))

    def exchange(self, raw: bytes, expected: int) -> list[Message]:
        self.socket.sendall(raw)
        answers: list[Message] = []
        while len(answers) < expected:
            answers += [read_message(frame.content) for frame in self.frames.feed(self.socket.recv(65536))]
        return answers


def result(control_id: str, value: str = "4.1", accept: str = "") -> bytes:
    return f"MSH|^~\\&|LAB|MAIN|EHR|MAIN|20260302||ORU^R01|{control_id}|P|2.5.1|||{accept}\rOBX|1|NM|2823-3^K^LN||{value}|mmol/L\r".encode()


def codes(answers: Sequence[Message]) -> list[tuple[str, str]]:
    found = [answer.first("MSA") for answer in answers]
    return [(one.value(1), one.value(2)) for one in found if one is not None]


def test_what_is_acknowledged_is_kept_byte_for_byte(database: str) -> None:
    with listening(into(database)) as port:
        sender = Sender(port)
        assert codes(sender.send(result("1"), result("2"))) == [("AA", "1"), ("AA", "2")]
        assert codes(sender.send(result("3", accept="AL"))) == [("CA", "3")]
    rows = Engine().rows(ROWS)
    assert [(row[0], row[1], bytes(row[2]), row[3]) for row in rows] == [
        ("lab", "1", result("1"), "waiting"), ("lab", "2", result("2"), "waiting"), ("lab", "3", result("3", accept="AL"), "waiting"),
    ]  # fmt: skip


def test_the_same_message_again_is_answered_alike_and_kept_once(database: str) -> None:
    with listening(into(database)) as port:
        sender = Sender(port)
        assert codes(sender.send(result("1"))) == codes(sender.send(result("1"))) == [("AA", "1")]
        assert codes(sender.send(result("1", "6.9"))) == [("AA", "1")]
    rows = Engine().rows(ROWS)
    assert [(bytes(row[2]), row[3], row[5]) for row in rows] == [(result("1"), "waiting", 1), (result("1", "6.9"), "held", 0)]
    assert "control id 1 before" in rows[1][4]


def test_what_cannot_be_read_is_kept_with_the_reason_and_rejected(database: str) -> None:
    with listening(into(database)) as port:
        sender = Sender(port)
        (answer,) = sender.send(b"PID|no header")
        assert codes([answer]) == [("AR", "")]
        assert codes(sender.exchange(b"noise" + framed(result("5")), 1)) == [("AA", "5")]
        sender.socket.sendall(b"\x0bMSH|^~\\&|broken off")
        sender.socket.close()
        until = time.monotonic() + 10
        while len(Engine().rows(ROWS)) < 4 and time.monotonic() < until:
            time.sleep(0.02)
    rows = Engine().rows(ROWS)
    assert sorted((bytes(row[2]), row[3]) for row in rows) == [
        (result("5"), "waiting"), (b"MSH|^~\\&|broken off", "held"), (b"PID|no header", "held"), (b"noise", "held"),
    ]  # fmt: skip


def test_what_could_not_be_kept_is_not_acknowledged() -> None:
    def full(arrivals: Sequence[Arrival]) -> None:
        raise OSError(f"no room for {len(arrivals)}")

    with listening(full) as port:
        assert codes(Sender(port).send(result("1"))) == [("AE", "1")]
        assert codes(Sender(port).send(result("2", accept="AL"))) == [("CE", "2")]


def test_many_senders_share_commits() -> None:
    batches: list[int] = []
    gate = threading.Event()

    def slow(arrivals: Sequence[Arrival]) -> None:
        gate.wait(10)
        batches.append(len(arrivals))

    with listening(slow) as port:
        senders = [Sender(port) for _ in range(20)]
        answered: list[list[tuple[str, str]]] = []
        ask = [
            threading.Thread(target=lambda s=sender, n=n: answered.append(codes(s.send(result(str(n))))))
            for n, sender in enumerate(senders)
        ]
        for one in ask:
            one.start()
        threading.Timer(0.5, gate.set).start()
        for one in ask:
            one.join(10)
    assert sorted(answered) == sorted([("AA", str(n))] for n in range(20))
    assert sum(batches) == 20
    assert len(batches) < 20


@pytest.mark.parametrize("cut", [1, 7, 64])
def test_pieces_of_any_size(database: str, cut: int) -> None:
    with listening(into(database)) as port:
        sender, raw = Sender(port), framed(result("1")) + framed(result("2"))
        for begin in range(0, len(raw), cut):
            sender.socket.sendall(raw[begin : begin + cut])
        answers = sender.exchange(b"", 2)
    assert codes(answers) == [("AA", "1"), ("AA", "2")]
    assert [bytes(row[2]) for row in Engine().rows(ROWS)] == [result("1"), result("2")]
