"""Barcodes measured and read on the printed label: ZPL and PDF, 203 and 300 dpi.

Numbers from CLSI AUTO02 / AUTO12: quiet zone of 10 modules, bars upright beside the text, label of 50.8 x 25.4 mm; from AIM
USS-128: module of at least 0.19 mm.
"""

from collections.abc import Callable
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from PIL import Image

from benchside.wire.labels import DPI_203, DPI_300, Drawing, LabelRefused, arrange, layouts
from tests.wire.labels.examples import CONTEXT, SPECIMEN_LAYOUTS, WRISTBAND_LAYOUTS, specimen, usual_label
from tests.wire.labels.paper import Symbol, ink, printed_pdf, printed_zpl, read_symbols
from tests.wire.labels.test_zpl import identifiers

PRINTS: dict[str, Callable[[Drawing], Image.Image]] = {"zpl": printed_zpl, "pdf": printed_pdf}
RESOLUTIONS = {"203": DPI_203, "300": DPI_300}
QUIET_MODULES = 10
MODULE_MM_MIN = 0.19

all_layouts = pytest.mark.parametrize("layout", [*SPECIMEN_LAYOUTS, *WRISTBAND_LAYOUTS])
both_prints = pytest.mark.parametrize("medium", PRINTS)
both_resolutions = pytest.mark.parametrize("dpi", RESOLUTIONS)


@all_layouts
@both_resolutions
@both_prints
def test_every_barcode_of_every_layout_reads_as_the_identifier(layout: str, dpi: str, medium: str) -> None:
    symbols = read_symbols(PRINTS[medium](arrange(usual_label(layout), layout, RESOLUTIONS[dpi], CONTEXT)))
    wanted = [type(element).__name__ for element in layouts()[layout].elements]
    expected = "26-000123-01" if layout in SPECIMEN_LAYOUTS else "00412873"
    assert {symbol.text for symbol in symbols} == {expected}
    # The reader reports equal Data Matrix symbols once or often; Code 128 it reports one by one.
    assert sum(symbol.kind == "Code 128" for symbol in symbols) == wanted.count("Code128Element")
    assert any(symbol.kind == "Data Matrix" for symbol in symbols) == ("DataMatrixElement" in wanted)


@pytest.mark.parametrize("layout", [*SPECIMEN_LAYOUTS, *WRISTBAND_LAYOUTS])
@pytest.mark.parametrize("dpi", [203, 300])
def test_a_pdf_reads_at_nominal_resolutions_whose_dots_are_not_ours(layout: str, dpi: int) -> None:
    """An office printer's raster does not fall on our modules: 203 and 300 dpi flat, a little off 203.2 and 304.8."""
    resolution = DPI_203 if dpi == 203 else DPI_300
    symbols = read_symbols(printed_pdf(arrange(usual_label(layout), layout, resolution, CONTEXT), dpi))
    assert {symbol.text for symbol in symbols} == {"26-000123-01" if layout in SPECIMEN_LAYOUTS else "00412873"}


@pytest.mark.parametrize("layout", [name for name in SPECIMEN_LAYOUTS if name != "small-container-38x13mm"])
@both_resolutions
@both_prints
def test_code_128_has_equal_modules_and_its_quiet_zones(layout: str, dpi: str, medium: str) -> None:
    image, symbols, pixels_per_mm = measured(layout, dpi, medium)
    (symbol,) = (found for found in symbols if found.kind == "Code 128")
    dark = ink(image)
    row = dark[(symbol.top + symbol.bottom) // 2]
    first, last = (int(edge) for edge in np.flatnonzero(row)[[0, -1]])
    runs = [len(list(run)) for _, run in groupby(row[first : last + 1])]
    narrow = [run for run in runs if run < 1.5 * min(runs)]
    modules = round(sum(runs) * len(narrow) / sum(narrow))
    module = sum(runs) / modules
    assert module / pixels_per_mm >= MODULE_MM_MIN
    assert {round(run / module) for run in runs} <= {1, 2, 3, 4}  # the widths of Code 128's elements
    assert all(abs(run / module - round(run / module)) < 0.1 for run in runs)
    assert (modules - 13) % 11 == 0  # start, characters and check of 11 modules, stop of 13
    band = dark[symbol.top + 2 : symbol.bottom - 2]
    before, after = band[:, :first], band[:, last + 1 :]
    assert not before.any()
    assert not after.any()
    assert before.shape[1] >= QUIET_MODULES * module
    assert after.shape[1] >= QUIET_MODULES * module


@all_layouts
@both_resolutions
@both_prints
def test_data_matrix_has_square_modules_and_a_clear_border(layout: str, dpi: str, medium: str) -> None:
    image, symbols, pixels_per_mm = measured(layout, dpi, medium)
    dark = ink(image)
    for symbol in symbols:
        if symbol.kind != "Data Matrix":
            continue
        left, bottom = _corner_of_finder(dark, symbol)
        width = _run(dark[bottom - 2, left:])
        height = _run(dark[:bottom, left + 1][::-1])
        assert abs(width - height) <= 2  # solid borders: as tall as wide
        runs = [len(list(run)) for _, run in groupby(dark[bottom - height + 2, left : left + width])]
        module = sum(runs) / len(runs)
        assert module / pixels_per_mm >= 0.25
        assert all(abs(run / module - 1) < 0.1 for run in runs)  # the broken border alternates module by module
        edge = int(module) - 1
        around = dark[bottom - height - edge : bottom + edge, left - edge : left + width + edge].copy()
        around[edge - 1 : 1 - edge, edge - 1 : 1 - edge] = False
        assert not around.any()  # ISO/IEC 16022 asks for a clear border of one module


def measured(layout: str, dpi: str, medium: str) -> tuple[Image.Image, list[Symbol], float]:
    """Print, and return the symbols with the scale: a pixel a dot for ZPL; eight for PDF, whose raster is the reader's own."""
    resolution = RESOLUTIONS[dpi]
    drawing = arrange(usual_label(layout), layout, resolution, CONTEXT)
    pixels_per_dot = 1 if medium == "zpl" else 8
    if medium == "zpl":
        image = printed_zpl(drawing)
        symbols = read_symbols(image)
    else:
        image = printed_pdf(drawing, resolution.dots_per_mm * 25.4 * pixels_per_dot)
        symbols = [_scaled(symbol, pixels_per_dot) for symbol in read_symbols(printed_pdf(drawing))]
    return image, symbols, resolution.dots_per_mm * pixels_per_dot


def _scaled(symbol: Symbol, factor: int) -> Symbol:
    edges = (symbol.left, symbol.top, symbol.right, symbol.bottom)
    return Symbol(symbol.kind, symbol.text, *(edge * factor for edge in edges))


def _corner_of_finder(dark: NDArray[np.bool_], symbol: Symbol) -> tuple[int, int]:
    """The lower left corner of the solid borders, near where the reader saw it: left edge, row below."""
    reach = (symbol.right - symbol.left) // 10
    x, y = symbol.left + reach, symbol.bottom - reach
    while not dark[y, x]:
        x, y = x - 1, y + 1
    while dark[y, x - 1]:
        x -= 1
    while dark[y, x]:
        y += 1
    return x, y


def _run(line: NDArray[np.bool_]) -> int:
    """How many dark pixels a line begins with."""
    return len(line) if line.all() else int(np.argmin(line))


@settings(max_examples=40, deadline=None)
@given(identifiers)
def test_the_pdf_of_any_identifier_reads_back_exactly(identifier: str) -> None:
    label = specimen(barcode=identifier)
    try:
        linear = arrange(label, "specimen-57x32mm", DPI_300, CONTEXT)
    except LabelRefused as refused:
        assert [refusal.code for refusal in refused.refusals] == ["labels.barcode-too-long"]
    else:
        assert [symbol.text for symbol in read_symbols(printed_pdf(linear))] == [identifier]
    square = arrange(label, "small-container-38x13mm", DPI_203, CONTEXT)
    assert [symbol.text for symbol in read_symbols(printed_pdf(square))] == [identifier]


@pytest.mark.parametrize(
    ("barcode", "fits"),
    [
        ("26-000123-01", True),
        ("ABCDEFGHIJKLM", True),  # 13 letters: (13 + 2) * 11 + 13 + 20 = 198 modules of 2 dots in 406
        ("ABCDEFGHIJKLMN", False),  # 14 letters: 209 modules, 418 dots
        ("12345678901234567890123456", True),  # 26 digits in pairs: as many modules as 13 letters
        ("1234567890123456789012345678", False),
    ],
)
def test_a_barcode_that_would_be_too_fine_is_refused_not_squeezed(barcode: str, fits: bool) -> None:
    label = specimen(barcode=barcode)
    if fits:
        assert [s.text for s in read_symbols(printed_zpl(arrange(label, "specimen-2x1in", DPI_203, CONTEXT)))] == [barcode]
    else:
        with pytest.raises(LabelRefused, match=r"labels\.barcode-too-long"):
            arrange(label, "specimen-2x1in", DPI_203, CONTEXT)


@all_layouts
@both_resolutions
def test_zpl_and_pdf_are_the_same_label(layout: str, dpi: str) -> None:
    """Ink by squares of two millimetres agrees between a ZPL printer and the PDF, so nothing is turned or out of place."""
    resolution = RESOLUTIONS[dpi]
    drawing = arrange(usual_label(layout), layout, resolution, CONTEXT)
    square = 2 * resolution.dots_per_mm
    zpl, pdf = (_ink_by_squares(image, square) for image in (printed_zpl(drawing), printed_pdf(drawing)))
    assert np.corrcoef(zpl.ravel(), pdf.ravel())[0, 1] > 0.9


def _ink_by_squares(image: Image.Image, square: int) -> NDArray[np.float64]:
    dark = ink(image).astype(np.float64)
    rows, columns = (length // square for length in dark.shape)
    return dark[: rows * square, : columns * square].reshape(rows, square, columns, square).mean(axis=(1, 3))
