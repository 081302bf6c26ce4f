"""The PDF: true to size, text as text, right-to-left names in their order, nothing about the patient in its metadata."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pypdfium2 has no types.

import numpy as np
import pypdfium2
import pytest

from benchside.wire.labels import (
    DPI_203,
    DPI_300,
    DPI_600,
    LabelRefused,
    PersonName,
    arrange,
    labels_pdf,
    layouts,
    page_png,
    sheet_pdf,
    sheets,
)
from benchside.wire.labels.bidi import visual_runs
from tests.wire.labels.examples import CONTEXT, specimen, usual_label
from tests.wire.labels.paper import ink, ink_box, pdf_image, printed_pdf, printed_zpl, read_symbols

POINTS_PER_MM = 72 / 25.4


def text_of_page(pdf: bytes, page: int = 0) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return document[page].get_textpage().get_text_range()
    finally:
        document.close()


@pytest.mark.parametrize("name", layouts())
@pytest.mark.parametrize("resolution", [DPI_203, DPI_300], ids=["203", "300"])
def test_a_page_is_exactly_as_large_as_the_label(name: str, resolution: object) -> None:
    layout = layouts()[name]
    pdf = labels_pdf((arrange(usual_label(name), name, DPI_203 if resolution is DPI_203 else DPI_300, CONTEXT),))
    document = pypdfium2.PdfDocument(pdf)
    width, height = document[0].get_size()
    document.close()
    assert width == pytest.approx(float(layout.width) * POINTS_PER_MM, abs=0.01)
    assert height == pytest.approx(float(layout.height) * POINTS_PER_MM, abs=0.01)


def test_the_text_of_a_label_can_be_found_and_copied() -> None:
    text = text_of_page(labels_pdf((arrange(specimen(), "specimen-2x1in", DPI_300, CONTEXT),)))
    for words in ("WHITFIELD, MARISOL A", "STAT", "MRN 00412873", "DOB 1984-03-05 F", "26-000123", "1 of 3", "CBC, HBA1C"):
        assert words in text


def test_the_metadata_tell_nothing_about_the_patient() -> None:
    pdf = labels_pdf((arrange(specimen(), "specimen-2x1in", DPI_300, CONTEXT),))
    document = pypdfium2.PdfDocument(pdf)
    metadata = document.get_metadata_dict()
    document.close()
    assert metadata["Title"] == "Labels"
    assert "Whitfield" not in str(metadata).title()


def test_the_same_label_is_the_same_file() -> None:
    one, other = (labels_pdf((arrange(specimen(), "specimen-2x1in", DPI_300, CONTEXT),)) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("WHITFIELD, MARISOL", ["WHITFIELD, MARISOL"]),
        ("כהן, דוד", ["כהן, דוד"]),
        ("COHEN כהן", ["COHEN ", "כהן"]),
        ("כהן 12 דוד", [" דוד", "12", "כהן "]),  # a number stands the other way round inside
        ("كريم A1 محمد", [" محمد", "A1", "كريم "]),
    ],
)
def test_right_to_left_text_stands_in_its_visual_order(text: str, runs: list[str]) -> None:
    """Expected orders worked out by hand from UAX 9: base direction from the first strong letter, L2 reversal."""
    assert [run.text for run in visual_runs(text)] == runs


def test_hebrew_is_drawn_from_right_to_left() -> None:
    """The first letter of a Hebrew word is its rightmost: a wide first letter has its ink at the right."""
    wide_first = printed_pdf(arrange(specimen(patient_name=PersonName(family="שיייי")), "specimen-57x32mm", DPI_300, CONTEXT))
    wide_last = printed_pdf(arrange(specimen(patient_name=PersonName(family="יייייש")), "specimen-57x32mm", DPI_300, CONTEXT))
    name = (0, 0, 40 * 12, 5 * 12)
    for image, wide_at_right in ((wide_first, True), (wide_last, False)):
        dark = ink(image.crop(name))
        left, _, right, _ = ink_box(image.crop(name))
        middle = (left + right) // 2
        columns = np.logical_or.reduce(dark, axis=0)
        assert (columns[middle:].sum() > columns[:middle].sum()) == wide_at_right


def test_arabic_letters_join() -> None:
    """Four joined letters leave fewer separate pieces of ink than the same letters written apart."""

    def pieces(family: str) -> int:
        image = printed_pdf(arrange(specimen(patient_name=PersonName(family=family)), "specimen-57x32mm", DPI_300, CONTEXT))
        columns = np.logical_or.reduce(ink(image.crop((0, 0, 40 * 12, 5 * 12))), axis=0)
        return int((columns[1:] & ~columns[:-1]).sum())

    assert pieces("محمد") == 1
    assert pieces("م ح م د") == 4


@pytest.mark.parametrize("family", ["كريم", "Иванова", "Παπαδόπουλος", "Nguyễn", "Şahin", "Łukasz", "כהן", "Հակոբյան"])
def test_a_name_sent_as_a_picture_prints_where_the_pdf_has_it(family: str) -> None:
    drawing = arrange(specimen(patient_name=PersonName(family=family), priority="routine"), "specimen-2x1in", DPI_203, CONTEXT)
    line = (0, 0, drawing.width, 38)
    zpl, pdf = ink_box(printed_zpl(drawing).crop(line)), ink_box(printed_pdf(drawing).crop(line))
    assert all(abs(one - other) <= 2 for one, other in zip(zpl, pdf, strict=True))


@pytest.mark.parametrize(
    ("sheet", "layout", "place", "left_mm", "top_mm"),
    [
        # Place 1 of Avery 5160 begins 4.76 mm from the left and 12.7 mm from the top; a 50.8 mm label is centred in 66.68.
        ("letter-30", "specimen-2x1in", 1, 4.76 + (66.68 - 50.8) / 2, 12.7),
        ("letter-30", "specimen-2x1in", 5, 4.76 + 69.85 + (66.68 - 50.8) / 2, 12.7 + 25.4),
        ("a4-21", "specimen-57x32mm", 21, 7.25 + 2 * 66.0 + (63.5 - 57) / 2, 15.15 + 6 * 38.1 + (38.1 - 32) / 2),
        ("a4-65", "small-container-38x13mm", 65, 4.75 + 4 * 40.6, 10.7 + 12 * 21.2 + (21.2 - 12.7) / 2),
    ],
)
def test_a_label_lies_on_its_place_of_the_sheet(sheet: str, layout: str, place: int, left_mm: float, top_mm: float) -> None:
    drawing = arrange(specimen(priority="routine"), layout, DPI_600, CONTEXT)
    image = pdf_image(sheet_pdf((drawing,), sheet, first_place=place), 0, 254)  # ten pixels a millimetre
    alone = pdf_image(labels_pdf((drawing,)), 0, 254)
    expected = [edge + 10 * offset for edge, offset in zip(ink_box(alone), (left_mm, top_mm) * 2, strict=True)]
    assert ink_box(image) == pytest.approx(expected, abs=3)


def test_labels_go_on_to_the_next_sheet_and_each_can_be_read() -> None:
    drawings = tuple(arrange(specimen(barcode=f"26-{number:06d}"), "specimen-2x1in", DPI_600, CONTEXT) for number in range(8))
    pdf = sheet_pdf(drawings, "letter-30", first_place=27)
    first, second = (read_symbols(pdf_image(pdf, page, 300)) for page in (0, 1))
    assert {symbol.text for symbol in first} == {f"26-{number:06d}" for number in range(4)}
    assert {symbol.text for symbol in second} == {f"26-{number:06d}" for number in range(4, 8)}


def test_every_place_lies_on_the_paper() -> None:
    for sheet in sheets().values():
        assert sheet.left + (sheet.columns - 1) * sheet.pitch_x + sheet.width <= sheet.page_width
        assert sheet.top + (sheet.rows - 1) * sheet.pitch_y + sheet.height <= sheet.page_height
        assert sheet.width <= sheet.pitch_x
        assert sheet.height <= sheet.pitch_y


@pytest.mark.parametrize(
    ("sheet", "place", "layout", "code"),
    [
        ("letter-31", 1, "specimen-2x1in", "labels.sheet-unknown"),
        ("letter-30", 0, "specimen-2x1in", "labels.sheet-position-invalid"),
        ("letter-30", 31, "specimen-2x1in", "labels.sheet-position-invalid"),
        ("letter-30", 1, "specimen-57x32mm", "labels.label-larger-than-place"),
    ],
)
def test_a_sheet_is_refused(sheet: str, place: int, layout: str, code: str) -> None:
    drawing = arrange(specimen(), layout, DPI_600, CONTEXT)
    with pytest.raises(LabelRefused) as refused:
        sheet_pdf((drawing,), sheet, first_place=place)
    assert [refusal.code for refusal in refused.value.refusals] == [code]


def test_a_picture_for_the_screen_is_a_png_that_reads() -> None:
    drawing = arrange(specimen(), "specimen-2x1in", DPI_300, CONTEXT)
    png = page_png(labels_pdf((drawing,)), 0, dots_per_mm=12)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
