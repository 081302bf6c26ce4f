"""A label printer that exists only as a TCP server, for tests, demonstrations and trying a set-up without hardware.

Run `python -m benchside.wire.labels.virtual_printer --port 9100 --control-port 9101`. It keeps what it "prints",
answers ~HS and the label counter, obeys ~JA, and has the faults of a real one: no paper, no ribbon, open head, pause,
silence, slowness, dropped connections. Faults are set at the start or, line by line, on the control port:
`set is_paper_out yes`, `set seconds_per_label 2`, `set drop_after_bytes 100`, `show`.

Like a real printer it obeys commands wherever they stand in the stream: a name that is not escaped would command it.
"""

import argparse
import asyncio
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path

FORMAT_BYTES_MAX = 2_000_000
FORMATS_WAITING_MAX = 500
FORMATS_KEPT_MAX = 1_000
CONNECTIONS_MAX = 20
CONTROL_LINE_BYTES_MAX = 200

_COMMAND = re.compile(rb'\^XA|\^XZ|~HS|~JA|! U1 getvar "([^"\r\n]{0,64})"[\r\n ]')
_PARTIAL_BYTES_MAX = 90
"""A command may be cut by the network: so many bytes at the end of what came are looked at again with what follows."""

_COPIES = re.compile(rb"\^PQ(\d{1,4})")


@dataclass(slots=True)
class Faults:
    """What is wrong with the printer, and how slow it is; may be changed while it runs."""

    is_paper_out: bool = False
    is_ribbon_out: bool = False
    is_head_open: bool = False
    is_paused: bool = False
    is_silent_when_faulty: bool = False
    is_silent: bool = False
    has_counter: bool = True
    seconds_per_label: float = 0.0
    paper_labels: int | None = None
    drop_after_bytes: int | None = None

    @property
    def keeps_from_printing(self) -> bool:
        """Whether no label can come out now."""
        return self.is_paper_out or self.is_ribbon_out or self.is_head_open or self.is_paused


class ZplStream:
    """Finds commands and formats in a stream cut anywhere. Pure: bytes in, (command, argument) out."""

    def __init__(self) -> None:
        """Start outside of any format."""
        self._waiting = b""
        self._format: bytearray | None = None

    @property
    def is_inside_format(self) -> bool:
        """Whether a format has begun and not ended: the partial format flag of ~HS."""
        return self._format is not None

    def feed(self, piece: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield `("format", bytes)`, `("~HS", b"")`, `("~JA", b"")` and `("getvar", name)` in the order they end."""
        data = self._waiting + piece
        position = 0
        for match in _COMMAND.finditer(data):
            self._keep(data[position : match.start()])
            position = match.end()
            command = match[0]
            if command == b"^XA":
                self._format = bytearray(command)
            elif command == b"^XZ":
                self._keep(command)
                if self._format is not None:
                    yield "format", bytes(self._format)
                self._format = None
            elif command in (b"~HS", b"~JA"):
                yield command.decode("ascii"), b""
            else:
                yield "getvar", match[1]
        rest = data[position:]
        begins = [index for index in map(rest[-_PARTIAL_BYTES_MAX:].find, (b"^", b"~", b"!")) if index >= 0]
        cut = len(rest) if not begins else max(0, len(rest) - _PARTIAL_BYTES_MAX) + min(begins)
        self._keep(rest[:cut])
        self._waiting = rest[cut:]

    def _keep(self, data: bytes) -> None:
        if self._format is not None and len(self._format) + len(data) <= FORMAT_BYTES_MAX:
            self._format += data


@dataclass(slots=True)
class VirtualPrinter:
    """The printer: `faults` may be changed at any time, `printed` holds the last formats that came out, in order."""

    faults: Faults = field(default_factory=Faults)
    directory: Path | None = None
    label_count: int = 1_000
    printed: deque[bytes] = field(default_factory=lambda: deque(maxlen=FORMATS_KEPT_MAX))
    _queue: deque[bytes] = field(default_factory=deque)
    _labels_remaining: int = 0
    _connections: int = 0

    async def serve(self, host: str, port: int) -> asyncio.Server:
        """Listen for jobs and start printing them; port 0 takes a free one. Close the server to stop."""
        server = await asyncio.start_server(self._connection, host, port)
        task = asyncio.create_task(self._print_forever(server))
        task.add_done_callback(lambda done: None if done.cancelled() else done.exception())
        return server

    async def serve_control(self, host: str, port: int) -> asyncio.Server:
        """Listen for control lines."""
        return await asyncio.start_server(self._control, host, port, limit=CONTROL_LINE_BYTES_MAX)

    def host_status(self, *, is_inside_format: bool) -> bytes:
        """Return the answer to ~HS as the manual prescribes it."""
        faults = self.faults
        buffered = min(len(self._queue), 999)
        first = f"030,{faults.is_paper_out:d},{faults.is_paused:d},0203,{buffered:03d}"
        first += f",{len(self._queue) >= FORMATS_WAITING_MAX:d},0,{is_inside_format:d},000,0,0,0"
        second = f"000,0,{faults.is_head_open:d},{faults.is_ribbon_out:d},1,2,6,0,{self._labels_remaining:08d},1,000"
        return "".join(f"\x02{line}\x03\r\n" for line in (first, second, "1234,0")).encode("ascii")

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream, received = ZplStream(), 0
        self._connections += 1
        try:
            while self._connections <= CONNECTIONS_MAX and (piece := await reader.read(4_096)):
                received += len(piece)
                for command, argument in stream.feed(piece):
                    writer.write(self._answer(command, argument, is_inside_format=stream.is_inside_format))
                if self.faults.drop_after_bytes is not None and received >= self.faults.drop_after_bytes:
                    break
                await writer.drain()
        except ConnectionError:
            pass  # the other side went away; what it sent whole stays queued, as in a real printer
        finally:
            self._connections -= 1
            writer.close()

    def _answer(self, command: str, argument: bytes, *, is_inside_format: bool) -> bytes:
        """Act on one command and return the bytes to answer, none while the printer is silent."""
        if command == "format":
            if len(self._queue) < FORMATS_WAITING_MAX:
                self._queue.append(argument)
            return b""
        if command == "~JA":
            self._queue.clear()
            self._labels_remaining = 0
            return b""
        faults = self.faults
        if faults.is_silent or (faults.is_silent_when_faulty and faults.keeps_from_printing):
            return b""
        if command == "~HS":
            return self.host_status(is_inside_format=is_inside_format)
        knows = faults.has_counter and argument == b"odometer.total_label_count"
        return f'"{self.label_count}"'.encode("ascii") if knows else b'"?"'

    async def _print_forever(self, server: asyncio.Server) -> None:
        while server.is_serving():
            if not self._queue or self.faults.keeps_from_printing:
                await asyncio.sleep(0.005)
                continue
            zpl = self._queue[0]
            copies = _COPIES.search(zpl)
            self._labels_remaining = min(int(copies[1]), 999) if copies else 1
            while self._labels_remaining and not self.faults.keeps_from_printing:
                await asyncio.sleep(self.faults.seconds_per_label)
                if self._labels_remaining:  # not cancelled meanwhile
                    self._one_label_out(zpl)
            if self._queue and self._queue[0] is zpl and not self._labels_remaining:
                self._queue.popleft()

    def _one_label_out(self, zpl: bytes) -> None:
        self._labels_remaining -= 1
        self.label_count += 1
        self.printed.append(zpl)
        if self.directory is not None:
            (self.directory / f"label-{self.label_count % FORMATS_KEPT_MAX:04d}.zpl").write_bytes(zpl)
        if self.faults.paper_labels is not None:
            self.faults.paper_labels -= 1
            self.faults.is_paper_out = self.faults.paper_labels <= 0

    async def _control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(f"{self.command(line.decode('utf-8', 'replace'))}\n".encode())
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # gone, or a line longer than CONTROL_LINE_BYTES_MAX
        finally:
            writer.close()

    def command(self, line: str) -> str:
        """Obey one control line and return what to answer."""
        match line.split():
            case ["set", name, value] if name in {known.name for known in fields(Faults)}:
                try:
                    setattr(self.faults, name, _value(name, value))
                except ValueError:
                    return f"{value!r} is no value for {name}"
                return f"{name} is {getattr(self.faults, name)}"
            case ["show"]:
                return f"{self.faults} waiting={len(self._queue)} label_count={self.label_count}"
            case _:
                return f"say: show, or set NAME VALUE with NAME of {', '.join(known.name for known in fields(Faults))}"


def _value(name: str, text: str) -> bool | float | int | None:
    if name.startswith(("is_", "has_")):
        if text not in ("yes", "no"):
            raise ValueError(text)
        return text == "yes"
    if text == "none":
        return None
    return float(text) if name == "seconds_per_label" else int(text)


async def _run(arguments: argparse.Namespace) -> None:
    printer = VirtualPrinter(directory=arguments.directory)
    for setting in arguments.set:
        name, _, value = setting.partition("=")
        print(printer.command(f"set {name} {value}"))  # noqa: T201  a command speaks to its terminal
    server = await printer.serve(arguments.host, arguments.port)
    control = await printer.serve_control(arguments.host, arguments.control_port)
    for name, listener in (("jobs", server), ("control", control)):
        print(f"{name}: {arguments.host}:{listener.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201  as above
    async with server, control:
        await asyncio.gather(server.serve_forever(), control.serve_forever())


def main() -> None:
    """Run the virtual printer until it is interrupted."""
    parser = argparse.ArgumentParser(prog="virtual_printer", description="A label printer without paper.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--control-port", type=int, default=9101)
    parser.add_argument("--directory", type=Path, help="keep what is printed here, at most 1,000 files")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a fault, as on the control port")
    try:
        asyncio.run(_run(parser.parse_args()))
    except KeyboardInterrupt:
        print("stopped")  # noqa: T201  as above


if __name__ == "__main__":
    main()
