"""How fast labels are made and confirmed. Run: python benchmarks/labels.py.

Beside each figure stands what it has to keep up with, measured or known: a desktop label printer feeds six inches a second,
so six labels of one inch a second; and, when it is installed, the PyPI package `zpl`, which writes the same fields without
fitting or escaping them.
"""

import asyncio
import importlib.util
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any, cast
from zoneinfo import ZoneInfo

from benchmarks.figures import Figure
from benchside.wire.labels import (
    DPI_203,
    DPI_600,
    CollectionList,
    CollectionRow,
    CollectionTube,
    PersonName,
    PrintContext,
    Printed,
    PrinterAddress,
    PrinterLimits,
    SpecimenLabel,
    arrange,
    collection_list_pdf,
    labels_pdf,
    print_job,
    sheet_pdf,
    zpl_job,
)
from benchside.wire.labels.virtual_printer import VirtualPrinter

NAME = "Labels"
METHOD = """
Labels of 2 x 1 inch, each with content of its own, laid out and written one after the other in one process. Beside them
stands the feed of a desktop label printer, six inches and so six labels a second. Confirmation is `print_job` against the
virtual printer on this machine, which takes no time to feed: best of five.
"""
PRINTER_LABELS_A_SECOND = 6.0
_FEED, _FEED_ALONE = "a printer's feed", "a printer's feed alone"
SECONDS_A_FIGURE = 1.5
CONTEXT = PrintContext(zone=ZoneInfo("America/Chicago"))
NOW = datetime(2026, 11, 21, 13, 42, tzinfo=UTC)
_numbers = count(1)


def specimen(family: str = "Whitfield") -> SpecimenLabel:
    """Return a label like none before, so that nothing is answered from memory."""
    number = next(_numbers)
    return SpecimenLabel(
        patient_name=PersonName(family=f"{family} {number}", given=("Marisol", "Ann")),
        birth_date="1984-03-05",
        record_number=f"{number:08d}",
        accession=f"26-{number:06d}",
        barcode=f"26-{number:06d}-01",
        collected=NOW,
        collector="JSMITH",
        tests=("CBC", "HBA1C", "LIPID"),
        tube="LAV EDTA 4 mL",
        priority="stat",
        sex="female",
        handling=("ICE",),
    )


def rate(act: Callable[[], object]) -> float:
    """Return how often `act` can be done in a second, measured over `SECONDS_A_FIGURE` after one warming."""
    act()
    start, done = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS_A_FIGURE:
        act()
        done += 1
    return done / (time.perf_counter() - start)


def zpl_of(family: str = "Whitfield") -> bytes:
    """Lay out one label and write its ZPL."""
    return zpl_job((arrange(specimen(family), "specimen-2x1in", DPI_203, CONTEXT),), "bench").data


def peer_zpl() -> str:
    """Write the same fields with the package `zpl`."""
    import zpl  # pyright: ignore[reportMissingImports, reportMissingTypeStubs]  # only there when somebody compares

    label, paper = specimen(), cast(Any, zpl.Label(25.4, 50.8, 8))
    texts = (label.patient_name.family, label.record_number, label.birth_date, label.accession, "1 of 1", "CBC, HBA1C", "JSMITH")
    for row, text in enumerate((*texts, "STAT", "LAV EDTA 4 mL", "ICE")):
        paper.origin(1.6, row * 2.4)
        paper.write_text(text, char_height=3, char_width=3, line_width=40)
        paper.endorigin()
    paper.origin(2, 8)
    paper.barcode("C", label.barcode, height=60)
    paper.endorigin()
    return paper.dumpZPL()


def confirmation_seconds(labels: int) -> float:
    """Return the time from sending `labels` labels to a printer without delays until it confirmed them, best of five."""
    printer, ports = VirtualPrinter(), list[int]()
    ready, stopped = threading.Event(), threading.Event()

    async def run() -> None:
        server = await printer.serve("127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        while not stopped.is_set():
            await asyncio.sleep(0.02)
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    ready.wait()
    limits = PrinterLimits(poll_interval_s=0.02)
    job = zpl_job(tuple(arrange(specimen(), "specimen-2x1in", DPI_203, CONTEXT) for _ in range(labels)), "bench")
    times: list[float] = []
    for _ in range(5):
        start = time.perf_counter()
        outcome = print_job(PrinterAddress("127.0.0.1", ports[0]), job, limits)
        times.append(time.perf_counter() - start)
        if not isinstance(outcome, Printed):
            raise SystemExit(f"The virtual printer did not confirm: {outcome}")
    stopped.set()
    thread.join()
    return min(times)


def round_list(rows: int) -> CollectionList:
    """Return a round of so many patients."""
    tubes = (CollectionTube(words="Gold SST 5 mL", cap_colour="#d9a520"), CollectionTube(words="Lavender EDTA", cap_colour="#8a63b5"))
    patients = tuple(
        CollectionRow(
            patient_name=PersonName(family="Whitfield", given=("Marisol",)),
            birth_date="1984-03-05",
            record_number=f"{next(_numbers):08d}",
            location="Exam room 4",
            due=NOW,
            priority="routine",
            tubes=tubes,
            tests=("CBC", "Basic metabolic panel"),
        )
        for _ in range(rows)
    )
    return CollectionList(title="Round", printed=NOW, printed_by="J. Smith", rows=patients)


def main() -> list[Figure]:
    """Measure every figure."""
    feed = PRINTER_LABELS_A_SECOND
    start = time.perf_counter()
    zpl_of()
    first_ms = 1e3 * (time.perf_counter() - start)
    zpl = rate(zpl_of)
    picture = rate(lambda: zpl_of("كريم"))
    pdf = rate(lambda: labels_pdf((arrange(specimen(), "specimen-2x1in", DPI_203, CONTEXT),)))
    sheet = rate(lambda: sheet_pdf(tuple(arrange(specimen(), "specimen-2x1in", DPI_600, CONTEXT) for _ in range(30)), "letter-30"))
    rounds = rate(lambda: collection_list_pdf(round_list(40), CONTEXT))
    one, twenty = confirmation_seconds(1), confirmation_seconds(20)
    figures = [
        Figure("ZPL of a label", zpl, "/s", _FEED, feed, "at least 10 times", zpl >= 10 * feed),
        Figure("ZPL of a label, name as a picture", picture, "/s", _FEED, feed, "faster than the feed", picture > feed),
        Figure("PDF of a label", pdf, "/s", _FEED, feed, "faster than the feed", pdf > feed),
        Figure("first label of a process (fonts and tables are read)", first_ms, "ms"),
        Figure("sheet of 30 labels, PDF", 1e3 / sheet, "ms"),
        Figure("collection list of 40 patients, PDF", 1e3 / rounds, "ms"),
        Figure("print and confirm 1 label", 1e3 * one, "ms", _FEED_ALONE, 1e3 / feed, "", None),
        Figure("print and confirm 20 labels", 1e3 * twenty, "ms", _FEED_ALONE, 20e3 / feed, "less than the feed", twenty < 20 / feed),
    ]
    if importlib.util.find_spec("zpl"):
        peer = "package zpl, the same fields unfitted and unescaped"
        figures.append(Figure("ZPL of a label", zpl, "/s", peer, rate(peer_zpl)))
    return figures
