"""The printed round: a list of patients to collect from, on A4 or Letter, for when the tablet is not at hand.

Each row has both identifiers, the place and time, the tubes in order of draw with their cap colours (drawn and in
words), the tests, notes, a Data Matrix of the record number to open the patient by scan, and a box to tick.
"""

# pyright: reportUnknownMemberType=false
# The type stubs of reportlab leave most parameters of Canvas without a type.

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from reportlab.pdfgen.canvas import Canvas

from benchside.terms.refusal import Refusal
from benchside.wire.labels.arrangement import Matrix, Text
from benchside.wire.labels.barcode import data_matrix
from benchside.wire.labels.content import PRIORITIES, LabelRefused, PersonName, is_barcode_content, printable_text
from benchside.wire.labels.fields import PrintContext
from benchside.wire.labels.fitting import ELLIPSIS, Box, fit_first, name_forms, word_forms
from benchside.wire.labels.layout import Weight
from benchside.wire.labels.pdf import draw_matrix, draw_text, new_canvas
from benchside.wire.labels.typefaces import DRAWING, PACKAGED_TYPEFACES, Typefaces
from benchside.wire.labels.words import words_of

ROWS_MAX = 500
TUBES_MAX = 20
LINES_MAX = 12
"""A cell shows at most so many lines; the last one ends in an ellipsis when there is more."""

PAPERS = {"a4": (595.28, 841.89), "letter": (612.0, 792.0)}
"""Paper -> width and height in points."""

_MARGIN = 34.0
_NAME, _BODY, _SMALL, _LINE = 10, 9, 8, 11.0
_MATRIX = 30.0
_MATRIX_UNITS = 10
_COLUMNS = (
    ("list.patient", 0.285),
    ("list.where", 0.165),
    ("list.tubes", 0.235),
    ("list.tests", 0.245),
    ("list.done", 0.07),
)
_GAP = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionTube:
    """A tube as the list shows it: `cap_colour` is #rrggbb of its cap, `words` its name (`Lavender EDTA 4 mL`)."""

    words: str
    cap_colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRow:
    """What to collect from one patient. `due` is aware; `notes` are flags such as isolation or a difficult draw."""

    patient_name: PersonName
    birth_date: str
    record_number: str
    location: str
    due: datetime | None
    priority: str
    tubes: tuple[CollectionTube, ...]
    tests: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionList:
    """A list with its heading: `title` says which round, ward or room; `printed` is aware, `printed_by` a person."""

    title: str
    printed: datetime
    printed_by: str
    rows: tuple[CollectionRow, ...]


def collection_list_pdf(
    content: CollectionList, context: PrintContext, *, paper: str = "a4", typefaces: Typefaces = PACKAGED_TYPEFACES
) -> bytes:
    """Return the list as a PDF. Raises LabelRefused for too much of anything or characters that no font has."""
    if refusals := tuple(dict.fromkeys(_refusals(content))):
        raise LabelRefused(refusals)
    page = _Page(content, context, PAPERS[paper], typefaces)
    missing = page.missing_characters()
    if missing:
        raise LabelRefused((Refusal("labels.characters-without-font", {"characters": missing}),))
    return page.pdf()


def _refusals(content: CollectionList) -> Iterator[Refusal]:
    if len(content.rows) > ROWS_MAX:
        yield Refusal("labels.list-too-long", {"rows_max": ROWS_MAX})
    for row in content.rows:
        if len(row.tubes) > TUBES_MAX:
            yield Refusal("labels.too-many-tubes", {"tubes_max": TUBES_MAX})
        if row.priority not in PRIORITIES:
            yield Refusal("labels.priority-unknown", {"priority": printable_text(row.priority)[:80]})


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a cell; `colour` draws a cap before it."""

    text: str
    weight: Weight = "regular"
    size: int = _BODY
    colour: str | None = None
    is_inverse: bool = False


class _Page:
    """Lays out the rows and draws them page by page."""

    def __init__(self, content: CollectionList, context: PrintContext, size: tuple[float, float], typefaces: Typefaces) -> None:
        self._content = content
        self._context = context
        self._width, self._height = size
        self._typefaces = typefaces
        self._words = words_of(context.language)
        room = self._width - 2 * _MARGIN
        self._widths = [share * room for _, share in _COLUMNS]
        self._cells = [self._cells_of(row) for row in content.rows]

    def missing_characters(self) -> str:
        """Return every character of the list that no font has together with its line's others."""
        texts = [self._content.title, self._content.printed_by]
        texts += [line.text for cells in self._cells for lines in cells for line in lines]
        return "".join(dict.fromkeys("".join(self._typefaces.missing_characters(printable_text(t)) for t in texts)))

    def pdf(self) -> bytes:
        """Draw everything."""
        output = io.BytesIO()
        pages = self._pages()
        with DRAWING:
            canvas = new_canvas(output, title="Collection list")
            for number, page in enumerate(pages, start=1):
                canvas.setPageSize((self._width, self._height))
                top = self._heading(canvas, number, len(pages))
                for index in page:
                    top = self._row(canvas, self._content.rows[index], self._cells[index], top)
                if not self._content.rows:
                    self._text(canvas, _Line(self._words["list.nothing"]), _MARGIN, top - 20, self._width)
                canvas.showPage()
            canvas.save()
        return output.getvalue()

    def _pages(self) -> list[list[int]]:
        """Return which rows stand on which page; a row is never split."""
        room = self._height - 2 * _MARGIN - 62
        pages: list[list[int]] = [[]]
        left = room
        for index, cells in enumerate(self._cells):
            height = self._row_height(cells)
            if height > left and pages[-1]:
                pages.append([])
                left = room
            pages[-1].append(index)
            left -= height
        return pages

    def _row_height(self, cells: list[list[_Line]]) -> float:
        return max(_MATRIX + 8, max(map(len, cells)) * _LINE + 9)

    def _cells_of(self, row: CollectionRow) -> list[list[_Line]]:
        words = self._words
        due = f"{row.due.astimezone(self._context.zone):%Y-%m-%d %H:%M}" if row.due else ""
        patient_width = self._widths[0] - _MATRIX - 2 * _GAP
        name_box = Box(int(patient_width), _NAME, _SMALL)
        name = fit_first(name_forms(row.patient_name), name_box, lambda text: self._typefaces.width(text, "bold"))
        patient = [
            _Line(name.text if name else "", "bold", name.height if name else _NAME),
            *self._wrapped(f"{words['birth_date']} {row.birth_date}", patient_width),
            *self._wrapped(f"{words['record_number']} {row.record_number}", patient_width, "bold"),
        ]
        priority = _Line(words[f"priority.{row.priority}"], "bold", _SMALL, is_inverse=row.priority == "stat")
        where_width, tests_width = self._widths[1] - _GAP, self._widths[3] - _GAP
        where = [*self._wrapped(row.location, where_width, "bold"), _Line(due), priority]
        tubes = [_Line(tube.words, colour=tube.cap_colour) for tube in row.tubes]
        tests = self._wrapped(", ".join(row.tests), tests_width)
        tests += self._wrapped(", ".join(row.notes), tests_width, "bold")
        return [[line for line in lines if line.text] for lines in (patient, where, tubes, tests, list[_Line]())]

    def _wrapped(self, text: str, width: float, weight: Weight = "regular") -> list[_Line]:
        """Break `text` between words into lines of `width` points; a word wider than that is broken, never cut."""
        room = width / _BODY
        lines: list[str] = []
        for word in printable_text(text).split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self._typefaces.width(longer, weight) <= room:
                lines[-1] = longer
                continue
            lines.append(word)
            while self._typefaces.width(lines[-1], weight) > room:
                end = self._fitting_letters(lines[-1], room, weight)
                lines[-1:] = [lines[-1][:end], lines[-1][end:]]
        if len(lines) > LINES_MAX:
            lines = [*lines[: LINES_MAX - 1], f"{lines[LINES_MAX - 1]} {ELLIPSIS}"]
        return [_Line(line, weight) for line in lines]

    def _fitting_letters(self, word: str, room: float, weight: Weight) -> int:
        """Return how many letters of `word` fit in `room` type heights; at least one."""
        end = len(word) - 1
        while end > 1 and self._typefaces.width(word[:end], weight) > room:
            end -= 1
        return end

    def _heading(self, canvas: Canvas, number: int, pages: int) -> float:
        """Draw title, counts, page number and column heads; return where the first row begins."""
        words, content = self._words, self._content
        top = self._height - _MARGIN
        room = self._width - 2 * _MARGIN
        self._text(canvas, _Line(f"{words['list.title']}: {content.title}", "bold", 15), _MARGIN, top - 14, room)
        tubes = sum(len(row.tubes) for row in content.rows)
        counts = words["list.count"].format(patients=len(content.rows), tubes=tubes)
        printed = f"{content.printed.astimezone(self._context.zone):%Y-%m-%d %H:%M}, {content.printed_by}"
        line = f"{counts}. {words['list.printed']} {printed}. " + words["list.page"].format(page=number, pages=pages)
        self._text(canvas, _Line(line), _MARGIN, top - 30, room)
        x = _MARGIN
        for (word, _), width in zip(_COLUMNS, self._widths, strict=True):
            self._text(canvas, _Line(words[word], "bold", _SMALL), x, top - 52, width - _GAP)
            x += width
        canvas.setLineWidth(1.2)
        canvas.line(_MARGIN, top - 57, self._width - _MARGIN, top - 57)
        return top - 57

    def _row(self, canvas: Canvas, row: CollectionRow, cells: list[list[_Line]], top: float) -> float:
        """Draw one row below `top`; return where the next begins."""
        bottom = top - self._row_height(cells)
        x = _MARGIN
        if is_barcode_content(row.record_number):
            self._matrix(canvas, row.record_number, x, top - 4)
        for column, (lines, width) in enumerate(zip(cells, self._widths, strict=True)):
            left = x + (_MATRIX + _GAP if column == 0 else 0)
            for number, line in enumerate(lines, start=1):
                self._text(canvas, line, left, top - number * _LINE - 1, x + width - _GAP - left)
            x += width
        canvas.setLineWidth(0.9)
        canvas.rect(self._width - _MARGIN - self._widths[-1] + 2, top - 20, 14, 14, stroke=1, fill=0)
        canvas.setLineWidth(0.4)
        canvas.line(_MARGIN, bottom, self._width - _MARGIN, bottom)
        return bottom

    def _matrix(self, canvas: Canvas, content: str, left: float, top: float) -> None:
        symbol = data_matrix(content)
        canvas.saveState()
        canvas.translate(left, top)
        scale = _MATRIX / (len(symbol.rows) * _MATRIX_UNITS)
        canvas.scale(scale, scale)
        draw_matrix(canvas, Matrix(symbol, 0, 0, _MATRIX_UNITS))
        canvas.restoreState()

    def _text(self, canvas: Canvas, line: _Line, x: float, y: float, room: float) -> None:
        """Draw a line on its baseline, cut with an ellipsis to `room` points."""
        if line.colour:
            canvas.setFillColor(line.colour)
            canvas.setLineWidth(0.5)
            canvas.roundRect(x, y - 1.5, 8, 8, 1.5, stroke=1, fill=1)
            x, room = x + 12, room - 12
        forms = word_forms(printable_text(line.text))
        box = Box(int(room), line.size, line.size)
        fitted = fit_first(forms, box, lambda text: self._typefaces.width(text, line.weight))
        if fitted is None:
            return
        width = self._typefaces.width(fitted.text, line.weight) * line.size
        if line.is_inverse:
            canvas.setFillGray(0)
            canvas.rect(x, y - 2.2, width + 4, line.size + 1.6, stroke=0, fill=1)
            x += 2
        canvas.setFillGray(1 if line.is_inverse else 0)
        text = Text(fitted.text, 0, 0, line.size, int(width), line.weight)
        draw_text(canvas, text, self._typefaces, x=x, y=y)
        canvas.setFillGray(0)
