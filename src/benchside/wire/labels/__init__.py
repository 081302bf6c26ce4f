"""Labels and print: what a specimen label or wristband says, laid out, written as ZPL II or PDF, and printed for sure.

    drawing = arrange(label, "specimen-2x1in", DPI_203, PrintContext(zone=site_zone, language="en"))
    outcome = print_job(PrinterAddress("10.0.0.7"), zpl_job((drawing,), job_id))
    pdf = labels_pdf((drawing,))

Pure but for `printer` and `virtual_printer`: no database, no web, no clock.
"""

from benchside.wire.labels.arrangement import Drawing, arrange
from benchside.wire.labels.collection_list import CollectionList, CollectionRow, CollectionTube, collection_list_pdf
from benchside.wire.labels.content import Label, LabelRefused, PersonName, SpecimenLabel, WristbandLabel
from benchside.wire.labels.fields import PrintContext
from benchside.wire.labels.layout import DPI_203, DPI_300, DPI_600, RESOLUTIONS, Resolution, layouts
from benchside.wire.labels.pdf import labels_pdf
from benchside.wire.labels.printer import (
    NotConfirmed,
    Outcome,
    Printed,
    PrinterAddress,
    PrinterLimits,
    ask_status,
    cancel_waiting,
    print_job,
    recheck,
)
from benchside.wire.labels.raster import page_png
from benchside.wire.labels.request import FIRST_PRINT, REPRINT_REASONS, PrintRequest
from benchside.wire.labels.sheet import sheet_pdf, sheets
from benchside.wire.labels.typefaces import Typefaces
from benchside.wire.labels.zpl import ZplJob, zpl_job

__all__ = [
    "DPI_203",
    "DPI_300",
    "DPI_600",
    "FIRST_PRINT",
    "REPRINT_REASONS",
    "RESOLUTIONS",
    "CollectionList",
    "CollectionRow",
    "CollectionTube",
    "Drawing",
    "Label",
    "LabelRefused",
    "NotConfirmed",
    "Outcome",
    "PersonName",
    "PrintContext",
    "PrintRequest",
    "Printed",
    "PrinterAddress",
    "PrinterLimits",
    "Resolution",
    "SpecimenLabel",
    "Typefaces",
    "WristbandLabel",
    "ZplJob",
    "arrange",
    "ask_status",
    "cancel_waiting",
    "collection_list_pdf",
    "labels_pdf",
    "layouts",
    "page_png",
    "print_job",
    "recheck",
    "sheet_pdf",
    "sheets",
    "zpl_job",
]
