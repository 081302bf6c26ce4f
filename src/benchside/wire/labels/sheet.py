"""Labels on sheets of A4 or Letter for office printers: true to size, starting at the first free place."""

import io
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache

import msgspec

from benchside.terms.package_data import package_table
from benchside.terms.refusal import Refusal
from benchside.wire.labels.arrangement import Drawing
from benchside.wire.labels.content import LabelRefused
from benchside.wire.labels.pdf import POINTS_PER_MM, draw_label, new_canvas
from benchside.wire.labels.typefaces import DRAWING
from benchside.wire.labels.zpl import LABELS_MAX


class Sheet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sheet of labels; lengths in millimetres."""

    title: str
    page_width: Decimal
    page_height: Decimal
    columns: int
    rows: int
    left: Decimal
    top: Decimal
    pitch_x: Decimal
    pitch_y: Decimal
    width: Decimal
    height: Decimal

    @property
    def places(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows


@cache
def sheets() -> Mapping[str, Sheet]:
    """Return every sheet by its name, from `sheets.yaml`."""
    return package_table("benchside.wire.labels", "sheets.yaml", dict[str, Sheet])


def sheet_pdf(drawings: tuple[Drawing, ...], sheet_name: str, *, first_place: int = 1) -> bytes:
    """Return a PDF of sheets with one label in the middle of each place, the first at `first_place` (from 1).

    Print it without scaling. Raises LabelRefused for an unknown sheet or place and for labels larger than a place.
    """
    sheet = sheets().get(sheet_name)
    if sheet is None:
        raise LabelRefused((Refusal("labels.sheet-unknown", {"sheet": sheet_name[:80]}),))
    if refusals := tuple(dict.fromkeys(_refusals(drawings, sheet, first_place))):
        raise LabelRefused(refusals)
    output = io.BytesIO()
    with DRAWING:
        canvas = new_canvas(output, title="Labels")
        canvas.setPageSize((float(sheet.page_width) * POINTS_PER_MM, float(sheet.page_height) * POINTS_PER_MM))
        for index, drawing in enumerate(drawings, start=first_place - 1):
            place = index % sheet.places
            if place == 0 and index >= first_place:
                canvas.showPage()
            left, top = _corner(drawing, sheet, place)
            draw_label(canvas, drawing, left=left, top=top)
        canvas.showPage()
        canvas.save()
    return output.getvalue()


def _corner(drawing: Drawing, sheet: Sheet, place: int) -> tuple[float, float]:
    """Return the top left corner, in points from the bottom left of the page, of a label centred in its place."""
    row, column = divmod(place, sheet.columns)
    x_mm = sheet.left + column * sheet.pitch_x + (sheet.width - drawing.layout.width) / 2
    y_mm = sheet.top + row * sheet.pitch_y + (sheet.height - drawing.layout.height) / 2
    return float(x_mm) * POINTS_PER_MM, float(sheet.page_height - y_mm) * POINTS_PER_MM


def _refusals(drawings: tuple[Drawing, ...], sheet: Sheet, first_place: int) -> Iterator[Refusal]:
    if not 1 <= len(drawings) <= LABELS_MAX:
        yield Refusal("labels.label-count-invalid", {"labels_max": LABELS_MAX})
    if not 1 <= first_place <= sheet.places:
        yield Refusal("labels.sheet-position-invalid", {"position": first_place, "places": sheet.places})
    for drawing in drawings:
        if drawing.layout.width > sheet.width or drawing.layout.height > sheet.height:
            yield Refusal("labels.label-larger-than-place", {"layout": drawing.layout.title, "sheet": sheet.title})
