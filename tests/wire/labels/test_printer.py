"""A printer that did not confirm never shows "printed"."""

import socket
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.terms.refusal_words import text_of
from benchside.wire.labels import (
    DPI_203,
    NotConfirmed,
    Printed,
    PrinterAddress,
    ZplJob,
    arrange,
    ask_status,
    cancel_waiting,
    print_job,
    recheck,
    zpl_job,
)
from benchside.wire.labels.printer import REASON_CODES
from benchside.wire.labels.virtual_printer import Faults, VirtualPrinter, ZplStream
from tests.wire.labels.examples import CONTEXT, HOSTILE_NAMES, PersonName, specimen
from tests.wire.labels.running import QUICK, scripted_printer, virtual_printer
from tests.wire.labels.test_status import READY


def job(count: int = 3, job_id: str = "job-1") -> ZplJob:
    labels = tuple(arrange(specimen(barcode=f"26-000123-0{number}"), "specimen-2x1in", DPI_203, CONTEXT) for number in range(1, count + 1))
    return zpl_job(labels, job_id)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_three_labels_come_out_and_are_confirmed() -> None:
    with virtual_printer() as (printer, address):
        outcome = print_job(address, job(), QUICK)
        assert outcome == Printed("job-1", 3, 1_000, 1_003)
        wanted = job().data.split(b"^XZ\n")
        assert [zpl.removesuffix(b"^XZ") for zpl in printer.printed] == wanted[:3]


@pytest.mark.parametrize("fault", ["is_paper_out", "is_ribbon_out", "is_head_open", "is_paused"])
@pytest.mark.parametrize("is_silent_when_faulty", [False, True], ids=["flagged", "silent"])
def test_nothing_is_sent_to_a_printer_that_cannot_print(fault: str, is_silent_when_faulty: bool) -> None:
    with virtual_printer(**{fault: True}, is_silent_when_faulty=is_silent_when_faulty) as (printer, address):
        outcome = print_job(address, job(), QUICK)
        assert isinstance(outcome, NotConfirmed)
        assert outcome.reason == ("silent" if is_silent_when_faulty else fault.removeprefix("is_").replace("_", "-"))
        assert not outcome.was_sent
        setattr(printer.faults, fault, False)
        time.sleep(0.1)
        assert not printer.printed


@pytest.mark.parametrize(("is_silent", "reason"), [(False, "paper-out"), (True, "silent")])
def test_paper_that_ends_in_the_middle_is_told_and_confirmed_once_it_is_back(is_silent: bool, reason: str) -> None:
    with virtual_printer(paper_labels=1, is_silent_when_faulty=is_silent) as (printer, address):
        outcome = print_job(address, job(), QUICK)
        assert isinstance(outcome, NotConfirmed)
        assert (outcome.reason, outcome.was_sent, len(printer.printed)) == (reason, True, 1)
        still = recheck(address, outcome, QUICK)
        assert isinstance(still, NotConfirmed)
        assert still.reason == reason
        printer.faults.paper_labels = None
        printer.faults.is_paper_out = False
        assert recheck(address, still, QUICK) == Printed("job-1", 3, 1_000, 1_003)
        assert len(printer.printed) == 3


def test_waiting_jobs_can_be_dropped_before_printing_elsewhere() -> None:
    with virtual_printer(paper_labels=1) as (printer, address):
        outcome = print_job(address, job(), QUICK)
        assert isinstance(outcome, NotConfirmed)
        assert cancel_waiting(address, QUICK)
        printer.faults.paper_labels = None
        printer.faults.is_paper_out = False
        time.sleep(0.1)
        assert len(printer.printed) == 1  # no second set comes out later
        after = recheck(address, outcome, QUICK)
        assert isinstance(after, NotConfirmed)
        assert after.reason == "too-few"


def test_a_slow_printer_is_waited_for() -> None:
    with virtual_printer(seconds_per_label=0.1) as (printer, address):
        assert isinstance(print_job(address, job(), QUICK), Printed)
        assert len(printer.printed) == 3


def test_a_printer_slower_than_the_limit_is_not_confirmed() -> None:
    with virtual_printer(seconds_per_label=30.0) as (_, address):
        outcome = print_job(address, job(2), QUICK)
        assert isinstance(outcome, NotConfirmed)
        assert (outcome.reason, outcome.was_sent) == ("busy", True)


def test_a_busy_printer_is_not_sent_a_second_job() -> None:
    with virtual_printer(seconds_per_label=30.0) as (_, address):
        with socket.create_connection((address.host, address.port)) as other:
            other.sendall(job(1, "other").data)
            time.sleep(0.05)
            outcome = print_job(address, job(), QUICK)
        assert isinstance(outcome, NotConfirmed)
        assert (outcome.reason, outcome.was_sent) == ("busy", False)


def test_a_printer_without_a_counter_prints_but_confirms_nothing() -> None:
    with virtual_printer(has_counter=False) as (printer, address):
        outcome = print_job(address, job(1), QUICK)
        assert isinstance(outcome, NotConfirmed)
        assert (outcome.reason, outcome.was_sent) == ("no-counter", True)
        time.sleep(0.1)
        assert len(printer.printed) == 1
        assert recheck(address, outcome, QUICK) is outcome


def test_a_printer_that_is_off_is_tried_a_few_times_and_told() -> None:
    address = PrinterAddress("127.0.0.1", free_port())
    outcome = print_job(address, job(), QUICK)
    assert outcome == NotConfirmed("job-1", "unreachable", was_sent=False, printer=str(address), label_count=3)
    assert ask_status(address, QUICK) is None
    assert cancel_waiting(address, QUICK) is False


def test_tries_before_sending_are_counted() -> None:
    with scripted_printer(lambda _: None) as (address, received):
        outcome = print_job(address, job(), QUICK)
        assert isinstance(outcome, NotConfirmed)
        assert (outcome.reason, outcome.was_sent) == ("connection-lost", False)
        assert received == [b"~HS"] * QUICK.attempts_max


def test_after_sending_nothing_is_tried_again() -> None:
    """The connection breaks once the job is through: a second sending could print a second set."""
    with virtual_printer(drop_after_bytes=200) as (printer, address):
        outcome = print_job(address, job(), QUICK)
        assert isinstance(outcome, NotConfirmed)
        assert (outcome.reason, outcome.was_sent) == ("connection-lost", True)
        time.sleep(0.1)
        assert len(printer.printed) <= 3


def test_labels_of_somebody_else_in_between_are_noticed() -> None:
    with virtual_printer(seconds_per_label=0.3) as (printer, address):

        def other() -> None:
            while not printer.printed:
                time.sleep(0.005)
            with socket.create_connection((address.host, address.port)) as connection:
                connection.sendall(job(2, "other").data)

        thread = threading.Thread(target=other)
        thread.start()
        outcome = print_job(address, job(), QUICK)
        thread.join()
        assert isinstance(outcome, NotConfirmed)
        assert outcome.reason == "too-many"


@pytest.mark.parametrize(
    ("answers", "reason", "was_sent"),
    [
        pytest.param({b"~HS": b"READY"}, "unreadable", False, id="no-zpl"),
        pytest.param({b"~HS": b"x" * 10_000}, "unreadable", False, id="endless"),
        pytest.param({b"~HS": READY.replace(b"\x031", b"1")[:40]}, "unreadable", False, id="half-an-answer"),
        pytest.param({b"~HS": READY, b"getvar": b'"100"'}, "too-few", True, id="counter-that-stands-still"),
        pytest.param({b"~HS": READY, b"getvar": b""}, "silent", False, id="no-answer-about-the-counter"),
    ],
)
def test_strange_answers_confirm_nothing(answers: dict[bytes, bytes], reason: str, was_sent: bool) -> None:
    def answer(piece: bytes) -> bytes:
        return next((reply for command, reply in answers.items() if command in piece), b"")

    with scripted_printer(answer) as (address, _):
        outcome = print_job(address, job(1), QUICK)
        assert isinstance(outcome, NotConfirmed)
        assert (outcome.reason, outcome.was_sent) == (reason, was_sent)


def test_status_is_asked_for_a_page_of_connections() -> None:
    with virtual_printer(is_ribbon_out=True) as (_, address):
        status = ask_status(address, QUICK)
        assert status is not None
        assert status.faults == ("ribbon-out",)


@pytest.mark.parametrize("reason", REASON_CODES)
@pytest.mark.parametrize("was_sent", [False, True])
def test_every_reason_has_words_for_a_person(reason: str, was_sent: bool) -> None:
    outcome = NotConfirmed("job-1", reason, was_sent=was_sent, printer="10.0.0.7:9100", label_count=1)
    english = [text_of(refusal, "en").words for refusal in outcome.refusals]
    spanish = [text_of(refusal, "es").words for refusal in outcome.refusals]
    assert "10.0.0.7:9100" in english[0]
    assert len(english) == len(spanish) == (2 if was_sent else 1)


@pytest.mark.parametrize("family", HOSTILE_NAMES)
def test_a_hostile_name_does_not_command_a_printer_that_obeys_everything(family: str) -> None:
    label = specimen(patient_name=PersonName(family=family), tests=("~JA", "^XZ^XA"), collector="~HS")
    hostile = zpl_job((arrange(label, "specimen-2x1in", DPI_203, CONTEXT),) * 2, "job-1")
    with virtual_printer() as (printer, address):
        assert isinstance(print_job(address, hostile, QUICK), Printed)
        assert len(printer.printed) == 2
        assert b"".join(zpl + b"\n" for zpl in printer.printed) == hostile.data


@settings(max_examples=25, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "is_paper_out": st.booleans(),
            "is_head_open": st.booleans(),
            "is_silent_when_faulty": st.booleans(),
            "is_silent": st.booleans(),
            "has_counter": st.booleans(),
            "paper_labels": st.integers(1, 4),
            "drop_after_bytes": st.integers(1, 4_000),
            "seconds_per_label": st.sampled_from([0.0, 0.05, 0.4]),
        },
    )
)
def test_whatever_is_wrong_printed_means_every_label_is_out(faults: dict[str, object]) -> None:
    with virtual_printer(**faults) as (printer, address):
        outcome = print_job(address, job(3), QUICK)
        out = len(printer.printed)
    if isinstance(outcome, Printed):
        assert out == 3
        assert outcome.count_after - outcome.count_before == 3
    elif not outcome.was_sent:
        assert out == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 3_000), max_size=15))
def test_cutting_the_stream_anywhere_changes_nothing(cuts: list[int]) -> None:
    stream = b"~HS" + job(2).data + b'! U1 getvar "odometer.total_label_count"\r\n~JA\n~HS' + job(1).data
    whole = list(ZplStream().feed(stream))
    assert [command for command, _ in whole] == ["~HS", "format", "format", "getvar", "~JA", "~HS", "format"]
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    framer = ZplStream()
    assert [found for a, b in pairwise(edges) for found in framer.feed(stream[a:b])] == whole


def test_a_command_in_a_field_is_obeyed_as_a_real_printer_does() -> None:
    """The virtual printer is no gentler than a real one, or the tests above would prove nothing."""
    commands = [command for command, _ in ZplStream().feed(b"^XA^FDDOE~HS^XA^XZ^FS^XZ")]
    assert commands == ["~HS", "format"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("set is_paper_out yes", "is_paper_out is True"),
        ("set seconds_per_label 2.5", "seconds_per_label is 2.5"),
        ("set paper_labels none", "paper_labels is None"),
        ("set is_paper_out maybe", "'maybe' is no value for is_paper_out"),
    ],
)
def test_faults_are_set_by_words(line: str, answer: str) -> None:
    assert VirtualPrinter(faults=Faults()).command(line) == answer


def test_the_control_port_explains_itself() -> None:
    assert VirtualPrinter().command("help").startswith("say: show, or set NAME VALUE")
    assert "label_count=1000" in VirtualPrinter().command("show")


def test_the_virtual_printer_runs_as_a_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchside.wire.labels.virtual_printer", "--port", "0", "--control-port", "0"]
    command += ["--directory", str(tmp_path), "--set", "paper_labels=2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "paper_labels is 2\n"
            ports = [int(process.stdout.readline().rpartition(":")[2]) for _ in ("jobs", "control")]
            address = PrinterAddress("127.0.0.1", ports[0])
            outcome = print_job(address, job(3), QUICK)
            assert isinstance(outcome, NotConfirmed)
            assert outcome.reason == "paper-out"
            with socket.create_connection(("127.0.0.1", ports[1])) as control:
                control.sendall(b"set paper_labels none\nset is_paper_out no\n")
                assert control.recv(100).startswith(b"paper_labels is None\n")
            assert isinstance(recheck(address, outcome, QUICK), Printed)
            kept = sorted(path.read_bytes() for path in tmp_path.iterdir())
            assert len(kept) == 3
            assert all(zpl.startswith(b"^XA") and zpl.endswith(b"^XZ") for zpl in kept)
        finally:
            process.terminate()
