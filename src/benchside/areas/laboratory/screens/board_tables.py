"""Tables for a spreadsheet: as CSV, and as a workbook."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import xlsxwriter

Cell = str | int | float | None
SHEET_NAME_MAX: Final = 31
_FORBIDDEN: Final = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its title, the names of its columns, its rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def _plain(value: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def as_csv(sheets: Sequence[Sheet]) -> str:
    """All tables one after the other, each under its title; empty for a missing number. The byte order mark makes spreadsheets read UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    for sheet in sheets:
        writer.writerow([_plain(sheet.title)])
        writer.writerow([_plain(name) for name in sheet.columns])
        writer.writerows([["" if value is None else _plain(value) for value in row] for row in sheet.rows])
        writer.writerow([])
    return "\ufeff" + out.getvalue()


def as_workbook(sheets: Sequence[Sheet], at: datetime) -> bytes:
    """A workbook with a sheet for each table; texts stay texts whatever they look like."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": at.astimezone(UTC).replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "bottom": 1})
    used: set[str] = set()
    for sheet in sheets:
        page = book.add_worksheet(_name(sheet.title, used))
        page.write_row(0, 0, list(sheet.columns), bold)
        for place, row in enumerate(sheet.rows, start=1):
            page.write_row(place, 0, list(row))
        page.freeze_panes(1, 1)
        page.set_column(0, 0, 32)
        page.set_column(1, max(1, len(sheet.columns) - 1), 12)
    book.close()
    return out.getvalue()


def _name(title: str, used: set[str]) -> str:
    """A sheet's name as workbooks allow it: short, without some letters, each once in any case."""
    name = base = title.translate(_FORBIDDEN).strip("' ")[:SHEET_NAME_MAX]
    number = 1
    while name.casefold() in used:
        number += 1
        name = f"{base[: SHEET_NAME_MAX - 3]} {number}"
    used.add(name.casefold())
    return name
