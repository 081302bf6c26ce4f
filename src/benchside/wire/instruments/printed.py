"""Analyzers that send what they would print. No acknowledgements: whoever owns the connection keeps each report as it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Final

from benchside.wire.instruments.family import Family, PrintedReport
from benchside.wire.instruments.result import InstrumentResult, number_in, ucum

REPORT_BYTES_MAX: Final = 64_000
_RULE: Final = re.compile(rb"(?m)^[ \t]*-{20,}[ \t]*(?:\r\n?|\n)")


class UnreadableReport(ValueError):
    """A printed report holds no results that can be used; the message says why, in words for the work queue."""


class Reports:
    """Takes the pieces of one connection and gives the reports that are complete: each ends with a line of dashes."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Take a piece; give what ends with it, byte for byte. What never ends is given in pieces of REPORT_BYTES_MAX."""
        self._kept += piece
        while found := _RULE.search(self._kept):
            if found.end() == len(self._kept) and self._kept[-1:] == b"\r":
                return  # an LF may follow
            yield self._take(found.end())
        while len(self._kept) > REPORT_BYTES_MAX:
            yield self._take(REPORT_BYTES_MAX)

    def finish(self) -> bytes:
        """The connection ended: what was begun; b"" when it is blank."""
        rest = self._take(len(self._kept))
        return rest if rest.strip() else b""

    def _take(self, count: int) -> bytes:
        taken = bytes(self._kept[:count])
        del self._kept[:count]
        return taken


def read_report(raw: bytes, family: Family, *, zone: tzinfo) -> list[InstrumentResult]:
    """The results of one printed report. Raises UnreadableReport. `zone` is that of the instrument's clock."""
    form = family.printed
    if form is None:
        raise UnreadableReport(f"{family.name} sends no printed reports.")
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", raw.decode("cp1252", errors="replace")) if line.strip()]
    titles = [" ".join(line.split()) for line in lines]
    if form.begins not in titles:
        raise UnreadableReport(f"The report does not begin with {form.begins!r}.")
    begin = titles.index(form.begins) + 1
    title = titles[begin] if begin < len(titles) else ""
    if title != form.patient_title and title not in form.control_titles:
        raise UnreadableReport(f"The report is titled {title!r}: it is none of patients or controls.")
    values, ranges = _values(lines[begin:], form)
    if not values:
        words = [text for text in titles[begin + 1 :] if not set(text) <= {"-"} and not re.search(form.moment, text)]
        raise UnreadableReport(f"The report has no results; it says: {'; '.join(words)[:200] or 'nothing'}.")
    return [_result(line, found, ranges, (family, form), (titles, title == form.patient_title, zone)) for line, found in values]


def _values(lines: list[str], form: PrintedReport) -> tuple[list[tuple[str, re.Match[str]]], dict[str, str]]:
    """Lines with a value, and the reference ranges by test."""
    flags = "|".join(map(re.escape, form.flags))
    value = re.compile(rf"\s+(?P<name>\S+)\s+(?P<value>[<>]?=?-?\d+(?:\.\d+)?)(?P<flag>{flags})?(?:\s+(?P<unit>\S+))?")
    a_range = re.compile(r"\s+(?P<name>\S+)\s+(?P<range>-?\d\S*\s+-\s+\S+)")
    section, values, ranges = "", list[tuple[str, re.Match[str]]](), dict[str, str]()
    for line in lines:
        heading = next((name for name in (*form.sections, form.ranges_section) if line.startswith(name)), None)
        if heading is not None:
            section = heading
        elif section == form.ranges_section and (found := a_range.fullmatch(line)):
            ranges[found["name"]] = " ".join(found["range"].split())
        elif section in form.sections and (found := value.fullmatch(line)):
            values.append((line, found))
    return values, ranges


def _result(
    line: str, found: re.Match[str], ranges: dict[str, str], how: tuple[Family, PrintedReport], report: tuple[list[str], bool, tzinfo]
) -> InstrumentResult:
    (family, form), (titles, is_patient, zone) = how, report
    number, comparator = number_in(found["value"])
    unit = found["unit"] or ""
    return InstrumentResult(
        family=family.name, specimen_id=_labelled(titles, form.specimen_label), is_control=not is_patient, test_code=found["name"],
        qualifiers=(), value_text=found["value"], number=number, comparator=comparator, unit=ucum(family, found["name"], unit),
        unit_as_sent=unit, reference_range=ranges.get(found["name"], ""), flags=(found["flag"],) if found["flag"] else (), status="unknown",
        status_as_sent="", measured_at=_moment(titles, form, zone), operator=_labelled(titles, form.operator_label), comments=(),
        is_file=False, raw_record=line,
    )  # fmt: skip  # nineteen lines would say no more


def _labelled(titles: list[str], label: str) -> str:
    line = next((title for title in titles if title.startswith(label)), "")
    return line[len(label) :].strip()


def _moment(titles: list[str], form: PrintedReport, zone: tzinfo) -> datetime | None:
    found = next((found for title in titles if (found := re.search(form.moment, title))), None)
    if found is None:
        return None
    try:
        return datetime.strptime(f"{found['date']} {found['time']}", form.moment_format).replace(tzinfo=zone)
    except ValueError:
        return None
