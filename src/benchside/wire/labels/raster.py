"""Pictures of labels and of single texts, drawn by PDFium from the PDF."""

# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false, reportUnknownVariableType=false
# pypdfium2 has no type stubs; what is taken from it is cast.

import io
from dataclasses import dataclass
from typing import cast

import pypdfium2
from PIL import Image

from benchside.wire.labels.arrangement import Drawing, Text
from benchside.wire.labels.pdf import POINTS_PER_MM, text_page
from benchside.wire.labels.typefaces import DRAWING

_BLACK_BELOW = 150
"""Grey values below this print black: a little above the middle, so that thin strokes survive."""

_BLACK_OF_GREY = [255] * _BLACK_BELOW + [0] * (256 - _BLACK_BELOW)


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A black and white picture: rows from the top, eight dots a byte, 1 is black; `x` and `y` where it stands."""

    x: int
    y: int
    width: int
    height: int
    data: bytes

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return (self.width + 7) // 8

    def turned(self) -> "Bitmap":
        """Return the picture turned a quarter clockwise."""
        image = Image.frombytes("1", (self.width, self.height), self.data).transpose(Image.Transpose.ROTATE_270)
        return Bitmap(self.x, self.y, image.width, image.height, image.tobytes())


def text_bitmap(item: Text, drawing: Drawing) -> Bitmap:
    """Return the picture of one text at the drawing's resolution, black on white, cut at the label's edges."""
    above = min(round(item.height * 1.05), item.baseline)
    below = min(round(item.height * 0.35), drawing.height - item.baseline)
    page = text_page(item, drawing.typefaces, above=above, below=below)
    image = _page_image(page, 0, scale=1).convert("L").point(_BLACK_OF_GREY).convert("1")
    return Bitmap(item.x, item.baseline - above, image.width, image.height, image.tobytes())


def page_png(pdf: bytes, page_number: int, *, dots_per_mm: float) -> bytes:
    """Return one page of a PDF (counted from 0) as a PNG in colour with so many dots a millimetre."""
    output = io.BytesIO()
    dpi = dots_per_mm * 25.4
    _page_image(pdf, page_number, scale=dots_per_mm / POINTS_PER_MM).save(output, "PNG", dpi=(dpi, dpi))
    return output.getvalue()


def _page_image(pdf: bytes, page_number: int, *, scale: float) -> Image.Image:
    with DRAWING:
        document = pypdfium2.PdfDocument(pdf)
        try:
            # The annotation of `scale` is taken from its default, 1; PDFium takes any positive number.
            bitmap = document[page_number].render(scale=cast(int, scale))
            return cast(pypdfium2.PdfBitmap, bitmap).to_pil().convert("RGB")
        finally:
            document.close()
