"""`specimen_row` and `specimen_order` of Specimen, `report_row` of DiagnosticReport."""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Final, Literal

from benchside.fhir import r4
from benchside.readiness.gathering.kept import (
    LOINC,
    REASON,
    REJECTION,
    TEST,
    TUBE,
    code_of,
    extension_values,
    id_of,
    start_us,
    target_of,
    version_of,
    words_of,
)
from benchside.readiness.gathering.view_rows import zoned_view
from benchside.record.views import View, ViewRow

SpecimenState = Literal["labelled", "collected", "received", "rejected", "cancelled"]
REPORT_OPEN: Final = ("registered", "partial", "preliminary")


def specimen_state(specimen: r4.Specimen) -> SpecimenState:
    """Where a tube stands: derived from its status, its collection and its receipt, never kept beside them."""
    if specimen.status == "entered-in-error":
        return "cancelled"
    if specimen.status == "unsatisfactory":
        return "rejected"
    if specimen.receivedTime:
        return "received"
    return "collected" if specimen.collection is not None and specimen.collection.collectedDateTime else "labelled"


def tests_of_specimen(specimen: r4.Specimen) -> list[str]:
    """The tests drawn into a tube that are still to be made from it."""
    lost = {extension.valueCode for extension in extension_values(specimen, "specimen-lost-test")}
    return [
        extension.valueCode
        for extension in extension_values(specimen, "specimen-test")
        if extension.valueCode and extension.valueCode not in lost
    ]


def tube_of(specimen: r4.Specimen) -> str:
    """The kind of tube, "" when it is not one of the catalogue's."""
    return code_of(specimen.container[0].type, TUBE) if specimen.container else ""


def _specimen_rows(specimen: r4.Specimen, zone: tzinfo) -> Iterator[ViewRow]:
    collection = specimen.collection
    condition = specimen.condition[0] if specimen.condition else None
    spun = next((step.timeDateTime for step in specimen.processing or () if step.timeDateTime), None)
    yield (
        specimen.id or "",
        version_of(specimen),
        id_of(specimen.subject, "Patient"),
        (specimen.accessionIdentifier.value or "") if specimen.accessionIdentifier else "",
        specimen_state(specimen),
        specimen.status or "",
        tube_of(specimen),
        words_of(specimen.type),
        " ".join(tests_of_specimen(specimen)),
        start_us(collection.collectedDateTime, zone) if collection else None,
        target_of(collection.collector) if collection else "",
        start_us(specimen.receivedTime, zone),
        start_us(spun, zone),
        code_of(condition, REJECTION),
        words_of(condition),
        code_of(condition, REASON),
        id_of(specimen.parent[0], "Specimen") if specimen.parent else "",
    )


def _specimen_order_rows(specimen: r4.Specimen, _zone: tzinfo) -> Iterator[ViewRow]:
    for asked in specimen.request or ():
        if order := id_of(asked, "ServiceRequest"):
            yield specimen.id or "", specimen_state(specimen), order


def _report_rows(report: r4.DiagnosticReport, zone: tzinfo) -> Iterator[ViewRow]:
    order = next((own for based in report.basedOn or () if (own := id_of(based, "ServiceRequest"))), "")
    yield (
        report.id or "",
        version_of(report),
        id_of(report.subject, "Patient"),
        report.status or "",
        int(report.status in REPORT_OPEN),
        code_of(report.code, TEST),
        code_of(report.code, LOINC),
        words_of(report.code),
        order,
        start_us(report.effectiveDateTime, zone),
        start_us(report.issued, zone),
        len(report.result or ()),
        target_of(report.resultsInterpreter[0]) if report.resultsInterpreter else "",
    )


_SPECIMEN: Mapping[str, str] = {
    "id": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "patient": "TEXT NOT NULL",
    "accession": "TEXT NOT NULL",
    "state": "TEXT NOT NULL",
    "status": "TEXT NOT NULL",
    "tube": "TEXT NOT NULL",
    "type": "TEXT NOT NULL",
    "tests": "TEXT NOT NULL",
    "collected_us": "INTEGER",
    "collector": "TEXT NOT NULL",
    "received_us": "INTEGER",
    "spun_us": "INTEGER",
    "condition": "TEXT NOT NULL",
    "condition_words": "TEXT NOT NULL",
    "rejection": "TEXT NOT NULL",
    "parent": "TEXT NOT NULL",
}
_REPORT: Mapping[str, str] = {
    "id": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "patient": "TEXT NOT NULL",
    "status": "TEXT NOT NULL",
    "open": "INTEGER NOT NULL",
    "test": "TEXT NOT NULL",
    "loinc": "TEXT NOT NULL",
    "name": "TEXT NOT NULL",
    "order_id": "TEXT NOT NULL",
    "effective_us": "INTEGER",
    "issued_us": "INTEGER",
    "results": "INTEGER NOT NULL",
    "interpreter": "TEXT NOT NULL",
}


def laboratory_views(zone: tzinfo) -> list[View]:
    """The laboratory's own views."""
    return [
        zoned_view(
            "specimen_row",
            ("Specimen",),
            _SPECIMEN,
            _specimen_rows,
            [["id"], ["accession"], ["state", "collected_us"], ["patient", "collected_us"], ["parent"], ["received_us"]],
            zone,
        ),
        zoned_view(
            "specimen_order",
            ("Specimen",),
            {"specimen": "TEXT NOT NULL", "state": "TEXT NOT NULL", "order_id": "TEXT NOT NULL"},
            _specimen_order_rows,
            [["order_id"], ["specimen"]],
            zone,
        ),
        zoned_view(
            "report_row",
            ("DiagnosticReport",),
            _REPORT,
            _report_rows,
            [["id"], ["open", "status", "effective_us"], ["patient", "issued_us"], ["order_id"]],
            zone,
        ),
    ]
