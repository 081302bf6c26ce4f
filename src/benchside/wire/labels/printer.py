"""Sending a print job to a label printer over raw TCP (port 9100), and believing it only when the printer confirms.

Steps: connect; wait until the printer is idle and read its label counter; send the job once; ask until the printer is
idle again without a fault and its counter has grown by exactly the number of labels sent. Only then is the outcome
`Printed`. Everything else is `NotConfirmed` with its reason. Before anything of the job was sent, steps are tried again
a few times; afterwards never, for a second sending could print a second set of labels.

A ZPL printer answers ~HS from the same stream as its jobs, and some stay silent while paper, ribbon or head need a
hand (ZPL II Programming Guide, ~HS): silence is a reason like any other.
"""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from benchside.terms.refusal import Refusal
from benchside.wire.labels.status import (
    ANSWER_BYTES_MAX,
    HOST_STATUS,
    LABEL_COUNT,
    HostStatus,
    StatusUnreadable,
    is_complete_count,
    is_complete_status,
    parse_host_status,
    parse_label_count,
)
from benchside.wire.labels.zpl import ZplJob

RAW_PORT = 9100
_CANCEL_ALL = b"~JA"

REASON_CODES = {
    "unreachable": "labels.printer.unreachable",
    "silent": "labels.printer.silent",
    "unreadable": "labels.printer.unreadable",
    "connection-lost": "labels.printer.connection-lost",
    "paper-out": "labels.printer.paper-out",
    "ribbon-out": "labels.printer.ribbon-out",
    "head-open": "labels.printer.head-open",
    "paused": "labels.printer.paused",
    "too-hot": "labels.printer.too-hot",
    "too-cold": "labels.printer.too-cold",
    "memory-corrupt": "labels.printer.memory-corrupt",
    "buffer-full": "labels.printer.buffer-full",
    "busy": "labels.printer.busy",
    "label-waiting": "labels.printer.label-waiting",
    "no-counter": "labels.printer.no-counter",
    "too-few": "labels.printer.too-few",
    "too-many": "labels.printer.too-many",
}
"""Why a print was not confirmed -> code of the words for a person (refusal catalogue)."""

_WORTH_ANOTHER_TRY = ("unreachable", "connection-lost")


@dataclass(frozen=True, slots=True)
class PrinterAddress:
    """Where a printer listens."""

    host: str
    port: int = RAW_PORT

    def __str__(self) -> str:
        """Return host and port as a person writes them."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterLimits:
    """How long and how often we try. Seconds; the job may take `job_wait_s` plus `label_wait_s` for each label."""

    connect_timeout_s: float = 3.0
    answer_timeout_s: float = 2.0
    send_timeout_s: float = 10.0
    attempts_max: int = 3
    retry_wait_s: float = 0.5
    idle_wait_s: float = 10.0
    job_wait_s: float = 8.0
    label_wait_s: float = 2.0
    poll_interval_s: float = 0.2


USUAL_LIMITS = PrinterLimits()
"""Limits for a printer in the same building."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The printer confirmed: idle, no fault, and its counter grew by `label_count`."""

    job_id: str
    label_count: int
    count_before: int
    count_after: int


@dataclass(frozen=True, slots=True)
class NotConfirmed:
    """Nobody may say "printed". `was_sent`: some of the job reached the printer, so labels may be out or still come."""

    job_id: str
    reason: str
    was_sent: bool
    printer: str
    label_count: int
    count_before: int | None = None
    count_after: int | None = None
    status: HostStatus | None = None

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Return the reason, and that labels may still come out if so, for words in the person's language."""
        reason = Refusal(REASON_CODES[self.reason], {"printer": self.printer})
        return (reason, Refusal("labels.printer.may-still-print")) if self.was_sent else (reason,)


Outcome = Printed | NotConfirmed


class _Unconfirmed(Exception):
    """A step ended with a reason; turned into `NotConfirmed` by the function that knows the job."""

    def __init__(self, reason: str, status: HostStatus | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class PrinterConnection:
    """An open connection that asks and waits for whole answers. Use as a context manager."""

    def __init__(self, address: PrinterAddress, limits: PrinterLimits) -> None:
        """Connect; raises OSError when the printer cannot be reached in time."""
        self._limits = limits
        self._socket = socket.create_connection((address.host, address.port), timeout=limits.connect_timeout_s)

    def __enter__(self) -> Self:
        """Return the open connection."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection, whatever happened."""
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send all of `data`, or raise OSError."""
        self._socket.settimeout(self._limits.send_timeout_s)
        self._socket.sendall(data)

    def status(self) -> HostStatus:
        """Ask ~HS."""
        try:
            return parse_host_status(self._ask(HOST_STATUS, is_complete_status))
        except StatusUnreadable as error:
            raise _Unconfirmed("unreadable") from error

    def label_count(self) -> int | None:
        """Ask how many labels the printer has printed in its life; None when it does not count."""
        return parse_label_count(self._ask(LABEL_COUNT, is_complete_count))

    def _ask(self, command: bytes, is_complete: Callable[[bytes], bool]) -> bytes:
        self.send(command)
        deadline = time.monotonic() + self._limits.answer_timeout_s
        answer = b""
        while not is_complete(answer):
            remaining = deadline - time.monotonic()
            if remaining <= 0 or len(answer) > ANSWER_BYTES_MAX:
                raise _Unconfirmed("silent" if not answer else "unreadable")
            self._socket.settimeout(remaining)
            try:
                piece = self._socket.recv(ANSWER_BYTES_MAX)
            except TimeoutError:
                continue
            if not piece:
                raise ConnectionResetError("The printer closed the connection.")
            answer += piece
        return answer


def print_job(address: PrinterAddress, job: ZplJob, limits: PrinterLimits = USUAL_LIMITS) -> Outcome:
    """Send `job` once and return whether the printer confirmed every label. Blocks; a printer's fault never raises."""
    outcome = _attempt(address, job, limits)
    for attempt in range(1, limits.attempts_max):
        if isinstance(outcome, Printed) or outcome.was_sent or outcome.reason not in _WORTH_ANOTHER_TRY:
            break
        time.sleep(limits.retry_wait_s * attempt)
        outcome = _attempt(address, job, limits)
    return outcome


def recheck(address: PrinterAddress, before: NotConfirmed, limits: PrinterLimits = USUAL_LIMITS) -> Outcome:
    """Ask again after a job that was sent: paper may have been loaded, and the labels come out since.

    Returns `before` with a new reason while the printer still does not confirm. A job that was never sent, or whose
    count before is not known, cannot be confirmed afterwards and is returned as it is.
    """
    if not before.was_sent or before.count_before is None:
        return before
    job = ZplJob(before.job_id, b"", before.label_count)
    try:
        with PrinterConnection(address, limits) as connection:
            return _confirmed(connection, address, job, before.count_before, limits)
    except _Unconfirmed as stop:
        return _not_confirmed(address, job, stop, was_sent=True, count_before=before.count_before)
    except OSError:
        return _not_confirmed(address, job, _Unconfirmed("unreachable"), was_sent=True, count_before=before.count_before)


def cancel_waiting(address: PrinterAddress, limits: PrinterLimits = USUAL_LIMITS) -> bool:
    """Make the printer drop every job it holds (~JA), anybody's; return whether it then says that nothing waits.

    Do this before printing the same labels elsewhere: paper put in later would otherwise print a second set.
    """
    try:
        with PrinterConnection(address, limits) as connection:
            connection.send(_CANCEL_ALL)
            return connection.status().is_idle
    except (OSError, _Unconfirmed):
        return False


def ask_status(address: PrinterAddress, limits: PrinterLimits = USUAL_LIMITS) -> HostStatus | None:
    """Return what the printer says of itself, for a page of connections; None when it does not answer."""
    try:
        with PrinterConnection(address, limits) as connection:
            return connection.status()
    except (OSError, _Unconfirmed):
        return None


def _attempt(address: PrinterAddress, job: ZplJob, limits: PrinterLimits) -> Outcome:
    """Do all the steps once."""
    was_sent, count_before = False, None
    try:
        connection = PrinterConnection(address, limits)
    except OSError:
        return _not_confirmed(address, job, _Unconfirmed("unreachable"), was_sent=False)
    with connection:
        try:
            _wait_until_ready(connection, limits)
            count_before = connection.label_count()
            was_sent = True
            connection.send(job.data)
            if count_before is None:
                raise _Unconfirmed("no-counter")  # noqa: TRY301 - the one place below turns every reason into an answer
            return _confirmed(connection, address, job, count_before, limits)
        except _Unconfirmed as stop:
            return _not_confirmed(address, job, stop, was_sent=was_sent, count_before=count_before)
        except OSError:
            stop = _Unconfirmed("connection-lost")
            return _not_confirmed(address, job, stop, was_sent=was_sent, count_before=count_before)


def _wait_until_ready(connection: PrinterConnection, limits: PrinterLimits) -> None:
    """Return when the printer is idle without a fault, so that the counter moves for our job alone."""
    deadline = time.monotonic() + limits.idle_wait_s
    while True:
        status = connection.status()
        if status.faults:
            raise _Unconfirmed(status.faults[0], status)
        if status.is_idle:
            return
        if time.monotonic() >= deadline:
            raise _Unconfirmed("label-waiting" if status.is_label_waiting else "busy", status)
        time.sleep(limits.poll_interval_s)


def _confirmed(connection: PrinterConnection, address: PrinterAddress, job: ZplJob, count_before: int, limits: PrinterLimits) -> Outcome:
    """Ask until the counter has grown by the job's labels with the printer idle, or time is up."""
    deadline = time.monotonic() + limits.job_wait_s + limits.label_wait_s * job.label_count
    expected = count_before + job.label_count
    while True:
        status = connection.status()
        if status.faults:
            raise _Unconfirmed(status.faults[0], status)
        count_after = connection.label_count()
        if count_after is None:
            raise _Unconfirmed("no-counter", status)
        if status.is_idle and count_after == expected:
            return Printed(job.job_id, job.label_count, count_before, count_after)
        if count_after > expected or time.monotonic() >= deadline:
            stop = _Unconfirmed(_why_not(status, count_after, expected), status)
            return _not_confirmed(address, job, stop, was_sent=True, count_before=count_before, count_after=count_after)
        time.sleep(limits.poll_interval_s)


def _why_not(status: HostStatus, count_after: int, expected: int) -> str:
    if count_after > expected:
        return "too-many"
    if status.is_label_waiting:
        return "label-waiting"
    return "too-few" if status.is_idle else "busy"


def _not_confirmed(
    address: PrinterAddress,
    job: ZplJob,
    stop: _Unconfirmed,
    *,
    was_sent: bool,
    count_before: int | None = None,
    count_after: int | None = None,
) -> NotConfirmed:
    return NotConfirmed(job.job_id, stop.reason, was_sent, str(address), job.label_count, count_before, count_after, stop.status)
