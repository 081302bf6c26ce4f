"""PDF: the same drawing true to size, for printers that know no ZPL, for sheets of labels and for pictures on screen.

Written with reportlab (BSD licence): it places things to the dot and embeds and shapes fonts without a system library.
WeasyPrint needs Pango installed and lays text out by its own rules.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# The type stubs of reportlab leave most parameters of Canvas without a type.

import io
from typing import cast

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import ShapeData, ShapedStr, shapeStr
from reportlab.pdfgen.canvas import Canvas

from benchside.wire.labels.arrangement import Bars, Block, Drawing, Item, Matrix, Text
from benchside.wire.labels.bidi import visual_runs
from benchside.wire.labels.typefaces import DRAWING, Typefaces

POINTS_PER_MM = 72 / 25.4

_INSET = 0.03
"""Dots by which a dark shape is smaller on each side: PDF fills every pixel that a shape touches.

An edge a rounding error past its dot would widen the shape by a whole one."""

_SHARE_BEFORE = {"left": 0.0, "center": 0.5, "right": 1.0}
"""How much of the room that a text leaves goes before it."""

_FILL_NON_ZERO = 1
"""PDF's non-zero winding rule (reportlab's constant, which its type stubs lack): overlapping shapes are one."""


def labels_pdf(drawings: tuple[Drawing, ...]) -> bytes:
    """Return a PDF with one page a label, each page exactly the label's size (crop and media box)."""
    output = io.BytesIO()
    with DRAWING:
        canvas = new_canvas(output, title="Labels")
        for drawing in drawings:
            width = float(drawing.layout.width) * POINTS_PER_MM
            height = float(drawing.layout.height) * POINTS_PER_MM
            canvas.setPageSize((width, height))
            draw_label(canvas, drawing, left=0, top=height)
            canvas.showPage()
        canvas.save()
    return output.getvalue()


def new_canvas(output: io.BytesIO, *, title: str) -> Canvas:
    """Return a canvas whose PDF carries no patient data beside the pages and is the same for the same content."""
    canvas = Canvas(output, pageCompression=1, invariant=1)
    canvas.setTitle(title)
    canvas.setCreator("Benchside")
    return canvas


def draw_label(canvas: Canvas, drawing: Drawing, *, left: float, top: float) -> None:
    """Draw a label with its top left corner at (`left`, `top`) points; the caller holds `DRAWING`."""
    canvas.saveState()
    canvas.translate(left, top)
    dot = POINTS_PER_MM / drawing.resolution.dots_per_mm
    canvas.scale(dot, dot)
    for item in drawing.items:
        _draw(canvas, item, drawing.typefaces)
    canvas.restoreState()


def text_page(item: Text, typefaces: Typefaces, *, above: int, below: int) -> bytes:
    """Return a PDF page of one text, black on white, a point a dot, with so many dots above and below its baseline."""
    output = io.BytesIO()
    with DRAWING:
        canvas = new_canvas(output, title="Text")
        canvas.setPageSize((max(item.width, 1), above + below))
        canvas.setFillGray(0)
        draw_text(canvas, item, typefaces, x=0, y=below)
        canvas.showPage()
        canvas.save()
    return output.getvalue()


def draw_text(canvas: Canvas, item: Text, typefaces: Typefaces, *, x: float, y: float) -> None:
    """Draw one line from `x` on its baseline `y`, right-to-left scripts in their visual order and shape."""
    font = typefaces.font_name(item.text, item.weight)
    if font is None:
        raise ValueError("A text without a font reached the page; arrange() refuses such texts.")
    canvas.setFont(font, item.height)
    runs: list[tuple[str, float]] = []
    for run in visual_runs(item.text):
        shaped = cast(str, shapeStr(run.text, font, item.height)) if run.needs_shaping else run.text
        runs.append((shaped, _advance(shaped, font, item.height)))
    x += _SHARE_BEFORE[item.align] * (item.width - sum(advance for _, advance in runs))
    for shaped, advance in runs:
        canvas.drawString(x, y, shaped)
        x += advance


def _advance(text: str, font: str, size: float) -> float:
    if isinstance(text, ShapedStr):
        glyphs = cast(list[ShapeData], getattr(text, "__shapeData__"))  # noqa: B009  a name the type stubs lack
        return sum(glyph.x_advance for glyph in glyphs) * size / 1_000
    return stringWidth(text, font, size)


def _draw(canvas: Canvas, item: Item, typefaces: Typefaces) -> None:
    """Draw one item in a space whose y grows upwards from the label's top edge, a unit a dot."""
    match item:
        case Text():
            canvas.setFillGray(1 if item.is_inverse else 0)
            draw_text(canvas, item, typefaces, x=item.x, y=-item.baseline)
            canvas.setFillGray(0)
        case Block():
            canvas.rect(item.x, -item.y - item.height, item.width, item.height, stroke=0, fill=1)
        case Bars():
            for start, length in _dark_runs(item.symbol.modules):
                x, width = item.x + start * item.module + _INSET, length * item.module - 2 * _INSET
                canvas.rect(x, -item.y - item.height, width, item.height, stroke=0, fill=1)
        case Matrix():
            draw_matrix(canvas, item)


def draw_matrix(canvas: Canvas, item: Matrix) -> None:
    """Fill the dark modules as one path: their runs along rows and columns, so that no gap shows between neighbours."""
    path = canvas.beginPath()
    module = item.module

    def add(column: int, row: int, width: int, height: int) -> None:
        x, y = item.x + column * module, -item.y - (row + height) * module
        path.rect(x + _INSET, y + _INSET, width * module - 2 * _INSET, height * module - 2 * _INSET)

    for row, modules in enumerate(item.symbol.rows):
        for start, length in _dark_runs(modules):
            add(start, row, length, 1)
    for column, cells in enumerate(zip(*item.symbol.rows, strict=True)):
        for start, length in _dark_runs("".join(cells)):
            add(column, start, 1, length)
    canvas.drawPath(path, stroke=0, fill=1, fillMode=_FILL_NON_ZERO)


def _dark_runs(modules: str) -> tuple[tuple[int, int], ...]:
    """Return (start, length) of every run of dark modules."""
    runs: list[tuple[int, int]] = []
    start = 0
    for dark in modules.split("0"):
        if dark:
            runs.append((start, len(dark)))
        start += len(dark) + 1
    return tuple(runs)
