"""From a message of an instrument to its results, as its family's file says; and orders out, in the family's form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from benchside.wire.instruments.family import Family, Place
from benchside.wire.instruments.result import STANDARD_STATUSES, InstrumentResult, number_in, ucum
from benchside.wire.lis2.message import Message, Record, unescaped
from benchside.wire.lis2.records import Query, Result, queries_of, results_of, time_of
from benchside.wire.lis2.writing import Fields, Order, header, nothing_for, orders


def read_results(message: Message, family: Family, *, zone: tzinfo) -> list[InstrumentResult]:
    """The results of a message, in its order. `zone` is that of the instrument's clock."""
    return [_read(message, result, family, zone) for result in results_of(message)]


def _read(message: Message, result: Result, family: Family, zone: tzinfo) -> InstrumentResult:
    records: Mapping[str, Record | None] = {"H": message.header, "P": result.patient, "O": result.order, "R": result.record}
    record = result.record
    code = _first(family.code, records)
    value = next((text for text in (record.value(4, component) for component in family.value) if text), "")
    number, comparator = number_in(value) if family.numbers else (None, None)
    specimen = _first(family.specimen, records)
    if family.unread_specimen and re.search(family.unread_specimen, specimen):
        specimen = ""
    unit, status = record.value(5), record.value(9)
    moments = (time_of(place.text(records[place.record]), zone) for place in family.measured_at)
    return InstrumentResult(
        family=family.name,
        specimen_id=specimen,
        is_control=any(place.text(records[place.record]) for place in family.controls),
        test_code=code,
        qualifiers=tuple(filter(None, (record.value(3, component) for component in family.qualifiers))),
        value_text=record.text_of(4).strip(),
        number=number,
        comparator=comparator,
        unit=ucum(family, code, unit),
        unit_as_sent=unit,
        reference_range=record.text_of(6).strip(),
        flags=_flags(record, family),
        status=family.statuses.get(status) or STANDARD_STATUSES.get(status, "unknown"),
        status_as_sent=status,
        measured_at=next((moment for moment in moments if moment is not None), None),
        operator=record.value(11),
        comments=tuple(text for text in (comment.text_of(4).strip() for comment in result.comments) if text.strip("^ ")),
        is_file=bool(family.files and re.search(family.files, code)),
        raw_record=record.text,
    )


def _first(places: Sequence[Place], records: Mapping[str, Record | None]) -> str:
    return next((text for text in (place.text(records[place.record]) for place in places) if text), "")


def _flags(record: Record, family: Family) -> tuple[str, ...]:
    marks = record.delimiters
    pieces = [part for repeat in record.repeats(7) for part in (repeat.split(marks.component) if marks.component else [repeat])]
    return tuple(text for text in (unescaped(piece, marks).strip() for piece in pieces) if text not in family.plain_flags)


def read_queries(message: Message, family: Family) -> list[Query]:
    """What the instrument asks for, the specimen's id where this family puts it."""
    return list(queries_of(message, specimen_components=family.query))


def answer(query: Query, wanted: Sequence[Order], family: Family, *, sender: str, receiver: str, at: datetime) -> bytes:
    """The message that answers a request with these orders, or says that there are none; in the request's own delimiters.

    `sender` and `receiver` are the names in the header; `at` is aware.
    """
    marks = query.record.delimiters
    parts = query.record.repeats(3)[:1]
    components = parts[0].split(marks.component) if parts and marks.component else parts
    begin = header(sender=sender, receiver=receiver, at=at, fields=_filled(family.download.header, components), marks=marks)
    if not wanted:
        return nothing_for(begin, query.record)
    own = _filled(family.download.order, components)
    filled = [replace(order, fields={**own, **order.fields}) for order in wanted]
    return orders(begin, filled, test=family.download.test, marks=marks)


def _filled(fields: Mapping[int, str], components: Sequence[str]) -> Fields:
    def component(found: re.Match[str]) -> str:
        number = int(found[1])
        return components[number - 1] if number <= len(components) else ""

    return {number: re.sub(r"\{query\.(\d+)\}", component, text) for number, text in fields.items()}
