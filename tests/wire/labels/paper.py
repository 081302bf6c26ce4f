"""Labels on paper: ZPL drawn by zplkit (glyphs and rules captured from a printer), PDF by PDFium, barcodes read by zxing-cpp.

None of the three is ours, and none made the barcodes.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pypdfium2 and zxing-cpp come without full types; what is taken from them is cast.

import io
from dataclasses import dataclass
from typing import cast

import numpy as np
import pypdfium2
import zplkit
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from benchside.wire.labels import Drawing, labels_pdf, zpl_job

_DPI = {8: 203, 12: 300, 24: 600}


@dataclass(frozen=True, slots=True)
class Symbol:
    """A barcode as a reader sees it: its text, and the corners of its dark part (left, top, right, bottom)."""

    kind: str
    text: str
    left: int
    top: int
    right: int
    bottom: int


def zpl_images(zpl: bytes, *, width: int, height: int, dots_per_mm: int) -> list[Image.Image]:
    """Return what a printer puts on each label, one pixel a dot."""
    drawn = zplkit.render(zpl, zplkit.Options(width=width, height=height, dpi=_DPI[dots_per_mm]))
    return [Image.open(io.BytesIO(label.png())).convert("L") for label in drawn.labels]


def printed_zpl(drawing: Drawing) -> Image.Image:
    """Return a drawing as a ZPL printer prints it, turned so that a person reads it."""
    sideways = drawing.layout.feed == "sideways"
    width, height = (drawing.height, drawing.width) if sideways else (drawing.width, drawing.height)
    job = zpl_job((drawing,), "test")
    (image,) = zpl_images(job.data, width=width, height=height, dots_per_mm=drawing.resolution.dots_per_mm)
    return image.transpose(Image.Transpose.ROTATE_90) if sideways else image


def printed_pdf(drawing: Drawing, dpi: float | None = None) -> Image.Image:
    """Return a drawing's PDF page at `dpi`, or with one pixel a dot."""
    return pdf_image(labels_pdf((drawing,)), 0, dpi or drawing.resolution.dots_per_mm * 25.4)


def pdf_image(pdf: bytes, page: int, dpi: float) -> Image.Image:
    """Return a page of a PDF at `dpi`."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return cast(Image.Image, document[page].render(scale=cast(int, dpi / 72)).to_pil()).convert("L")
    finally:
        document.close()


def read_symbols(image: Image.Image) -> list[Symbol]:
    """Return every barcode that the reader finds, from left to right."""
    formats = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.DataMatrix])
    found = zxingcpp.read_barcodes(image, formats=formats, text_mode=zxingcpp.TextMode.Plain)
    symbols: list[Symbol] = []
    for barcode in found:
        corners = [barcode.position.top_left, barcode.position.top_right, barcode.position.bottom_right]
        corners.append(barcode.position.bottom_left)
        xs, ys = [corner.x for corner in corners], [corner.y for corner in corners]
        symbols.append(Symbol(str(barcode.format), barcode.text, min(xs), min(ys), max(xs), max(ys)))
    return sorted(symbols, key=lambda symbol: symbol.left)


def ink(image: Image.Image) -> NDArray[np.bool_]:
    """Return rows and columns of an image, True where it is dark."""
    return np.asarray(image) < 128


def ink_box(image: Image.Image) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of everything dark; right and bottom exclusive."""
    ys, xs = np.nonzero(ink(image))
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
