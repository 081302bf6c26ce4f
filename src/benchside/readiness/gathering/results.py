"""Results and messages: views of Observation and Communication, shared by laboratory, bedside and EKG."""

from collections.abc import Iterator, Mapping
from datetime import tzinfo

from benchside.fhir import r4
from benchside.readiness.gathering.kept import (
    CATEGORY,
    INTERPRETATION,
    LOINC,
    MESSAGE,
    TEST,
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

SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
TEXT_MAX = 500
"""A view keeps so many characters of a text; the whole is in the record."""


def value_words(observation: r4.Observation) -> tuple[str, str, str, float | None]:
    """(value as written, unit, comparator, number) of an observation; the value is "" when it has none."""
    if (quantity := observation.valueQuantity) is not None and quantity.value is not None:
        return f"{quantity.value:f}", quantity.code or quantity.unit or "", quantity.comparator or "", float(quantity.value)
    if (ratio := observation.valueRatio) is not None and ratio.denominator is not None and ratio.denominator.value is not None:
        comparator = (ratio.numerator.comparator or "") if ratio.numerator is not None else ""
        return f"1:{ratio.denominator.value:f}", "", comparator, float(ratio.denominator.value)
    if observation.valueCodeableConcept is not None:
        return words_of(observation.valueCodeableConcept), "", "", None
    if observation.valueString is not None:
        return observation.valueString[:TEXT_MAX], "", "", None
    if observation.valueInteger is not None:
        return str(observation.valueInteger), "", "", float(observation.valueInteger)
    if observation.valueBoolean is not None:
        return str(observation.valueBoolean).lower(), "", "", None
    return _pressure_words(observation)


def _pressure_words(observation: r4.Observation) -> tuple[str, str, str, float | None]:
    """A blood pressure as people write it, `120/80`; its number is the systolic one."""
    parts = {
        code: quantity
        for part in observation.component or ()
        if (code := code_of(part.code, LOINC)) in (SYSTOLIC, DIASTOLIC) and (quantity := part.valueQuantity) is not None
    }
    high, low = parts.get(SYSTOLIC), parts.get(DIASTOLIC)
    if high is None or low is None or high.value is None or low.value is None:
        return "", "", "", None
    return f"{high.value:f}/{low.value:f}", high.code or high.unit or "", "", float(high.value)


def _range_words(observation: r4.Observation) -> str:
    found = observation.referenceRange[0] if observation.referenceRange else None
    if found is None:
        return ""
    low = f"{found.low.value:f}" if found.low is not None and found.low.value is not None else ""
    high = f"{found.high.value:f}" if found.high is not None and found.high.value is not None else ""
    return f"{low}–{high}" if low and high else f"≥ {low}" if low else f"≤ {high}" if high else (found.text or "")


def _result_rows(observation: r4.Observation, zone: tzinfo) -> Iterator[ViewRow]:
    value, unit, comparator, number = value_words(observation)
    order = next((own for based in observation.basedOn or () if (own := id_of(based, "ServiceRequest"))), "")
    effective = observation.effectiveDateTime or (observation.effectivePeriod.start if observation.effectivePeriod else None)
    yield (
        observation.id or "",
        version_of(observation),
        id_of(observation.subject, "Patient"),
        observation.status or "",
        code_of(observation.category, CATEGORY),
        code_of(observation.code, TEST),
        code_of(observation.code, LOINC),
        words_of(observation.code),
        value,
        unit,
        comparator,
        number,
        code_of(observation.interpretation, INTERPRETATION),
        _range_words(observation),
        words_of(observation.dataAbsentReason),
        start_us(effective or observation.effectiveInstant, zone),
        start_us(observation.issued, zone),
        order,
        id_of(observation.specimen, "Specimen"),
        target_of(observation.performer[0]) if observation.performer else "",
        target_of(observation.device),
    )


def _read_us(message: r4.Communication, recipient: str, zone: tzinfo) -> int | None:
    """When a recipient read a message: as they noted it themselves, else when the whole of it was received."""
    for extension in extension_values(message, "read-by"):
        parts = {part.url: part for part in extension.extension or ()}
        if "who" in parts and "when" in parts and target_of(parts["who"].valueReference) == recipient:
            return start_us(parts["when"].valueDateTime, zone)
    return start_us(message.received, zone)


def _communication_rows(message: r4.Communication, zone: tzinfo) -> Iterator[ViewRow]:
    text = next((part.contentString for part in message.payload or () if part.contentString), "")
    for recipient in message.recipient or [r4.Reference(display="-")]:
        yield (
            message.id or "",
            version_of(message),
            id_of(message.subject, "Patient"),
            code_of(message.category, MESSAGE),
            message.status or "",
            {"stat": 0, "asap": 1, "urgent": 2}.get(message.priority or "", 3),
            target_of(message.sender),
            target_of(recipient),
            start_us(message.sent, zone),
            _read_us(message, target_of(recipient), zone),
            target_of(message.about[0]) if message.about else "",
            target_of(message.partOf[0]) if message.partOf else "",
            target_of(message.inResponseTo[0]) if message.inResponseTo else "",
            text[:TEXT_MAX],
        )


_RESULT: Mapping[str, str] = {
    "id": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "patient": "TEXT NOT NULL",
    "status": "TEXT NOT NULL",
    "category": "TEXT NOT NULL",
    "test": "TEXT NOT NULL",
    "loinc": "TEXT NOT NULL",
    "name": "TEXT NOT NULL",
    "value": "TEXT NOT NULL",
    "unit": "TEXT NOT NULL",
    "comparator": "TEXT NOT NULL",
    "number": "REAL",
    "flag": "TEXT NOT NULL",
    "range_words": "TEXT NOT NULL",
    "absent": "TEXT NOT NULL",
    "effective_us": "INTEGER",
    "issued_us": "INTEGER",
    "order_id": "TEXT NOT NULL",
    "specimen": "TEXT NOT NULL",
    "performer": "TEXT NOT NULL",
    "device": "TEXT NOT NULL",
}
_COMMUNICATION: Mapping[str, str] = {
    "id": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "patient": "TEXT NOT NULL",
    "kind": "TEXT NOT NULL",
    "status": "TEXT NOT NULL",
    "priority": "INTEGER NOT NULL",
    "sender": "TEXT NOT NULL",
    "recipient": "TEXT NOT NULL",
    "sent_us": "INTEGER",
    "received_us": "INTEGER",
    "about": "TEXT NOT NULL",
    "work": "TEXT NOT NULL",
    "answers": "TEXT NOT NULL",
    "words": "TEXT NOT NULL",
}


def result_views(zone: tzinfo) -> list[View]:
    """`result_row` of Observation and `communication_row` of Communication (one row a recipient)."""
    return [
        zoned_view(
            "result_row",
            ("Observation",),
            _RESULT,
            _result_rows,
            [
                ["id"],
                ["patient", "test", "effective_us"],
                ["patient", "loinc", "effective_us"],
                ["patient", "effective_us"],
                ["order_id"],
                ["specimen"],
            ],
            zone,
            version=2,
        ),
        zoned_view(
            "communication_row",
            ("Communication",),
            _COMMUNICATION,
            _communication_rows,
            [
                ["recipient", "kind", "sent_us"],
                ["recipient", "sent_us"],
                ["sender", "sent_us"],
                ["patient", "sent_us"],
                ["about"],
                ["work"],
            ],
            zone,
            version=2,
        ),
    ]
