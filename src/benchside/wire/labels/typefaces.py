"""Which font a text is set in, and how wide it is.

Two printers have to agree: the PDF uses the packaged fonts, a ZPL printer its resident font 0. Widths are the larger of
the two, so that what fits here fits on both.
"""

# pyright: reportUnknownMemberType=false
# The type stubs of reportlab leave the parameters of registerFont without a type.

import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import msgspec
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from benchside.terms.package_data import package_table
from benchside.wire.labels.layout import Weight

DRAWING = threading.RLock()
"""Held while a PDF is written or rendered: reportlab's fonts and PDFium keep state that threads must not share."""

_FONTS = Path(__file__).parent / "fonts"
_PACKAGED: Mapping[Weight, tuple[Path, ...]] = {
    "regular": (_FONTS / "RobotoCondensed-Medium.ttf", _FONTS / "DejaVuSansCondensed-Bold.ttf"),
    "bold": (_FONTS / "RobotoCondensed-Bold.ttf", _FONTS / "DejaVuSansCondensed-Bold.ttf"),
}
_TEXTS_REMEMBERED = 4_096


class FontUnusable(ValueError):
    """A font file of the site cannot be used; give a TrueType file (.ttf) that this process may read."""


class _ResidentFont(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    margin: float
    advances: dict[str, int]


@cache
def _resident_font() -> _ResidentFont:
    return package_table("benchside.wire.labels", "resident_font.yaml", _ResidentFont)


@cache
def _font(path: Path) -> TTFont:
    """Read a font once and make it known to reportlab under its file name."""
    with DRAWING:
        try:
            font = TTFont(path.stem, str(path))
        except (TTFError, OSError) as error:
            raise FontUnusable(f"{path.name} cannot be used for labels: {error}. Give a TrueType file (.ttf).") from error
        pdfmetrics.registerFont(font)
        return font


@dataclass(frozen=True, slots=True)
class Typefaces:
    """The fonts a text may be set in: the packaged ones, then those of the site (TrueType files) for more scripts."""

    site_fonts: tuple[Path, ...] = ()

    def font_name(self, text: str, weight: Weight) -> str | None:
        """Return the name of the first font with every character of `text`, or None when no font has them all."""
        return _font_name(text, _PACKAGED[weight] + self.site_fonts)

    def missing_characters(self, text: str) -> str:
        """Return the characters of `text` that the font covering most of it lacks; empty when one font has all."""
        if self.font_name(text, "regular") is not None:
            return ""
        gaps = ("".join(c for c in dict.fromkeys(text) if c not in _coverage(path)) for path in self._paths())
        return min(gaps, key=len)

    def width(self, text: str, weight: Weight) -> float:
        """Return how wide `text` is at most, in type heights, on paper from the PDF and from a ZPL printer."""
        return _width(text, self.font_name(text, weight))

    def _paths(self) -> tuple[Path, ...]:
        return _PACKAGED["regular"] + self.site_fonts


PACKAGED_TYPEFACES = Typefaces()
"""The fonts of the package alone."""


def is_resident(text: str) -> bool:
    """Whether font 0 of a ZPL printer has every character: ASCII and accented letters of code page 850's Latin part."""
    return all(_resident_advance(character) is not None for character in text)


def resident_width(text: str) -> float:
    """Return how wide a resident text usually is in font 0, in type heights."""
    return sum(_resident_advance(character) or 0 for character in text) / 1_000


@lru_cache(maxsize=_TEXTS_REMEMBERED)
def _font_name(text: str, paths: tuple[Path, ...]) -> str | None:
    return next((_font(path).fontName for path in paths if _coverage(path).issuperset(text)), None)


@cache
def _coverage(path: Path) -> frozenset[str]:
    """Return every character a font has."""
    font = _font(path)
    with DRAWING:  # shaping adds entries to the table while it draws
        return frozenset(map(chr, font.face.charToGlyph))


@lru_cache(maxsize=_TEXTS_REMEMBERED)
def _width(text: str, font_name: str | None) -> float:
    widths = [0.0 if font_name is None else pdfmetrics.stringWidth(text, font_name, 1)]
    if is_resident(text):
        widths.append(resident_width(text) * _resident_font().margin)
    return max(widths)


@lru_cache(maxsize=1_024)
def _resident_advance(character: str) -> int | None:
    """Return the advance of `character` in font 0, or None when the font is not known to have it."""
    advances = _resident_font().advances
    if character in advances:
        return advances[character]
    if not "\N{LATIN CAPITAL LETTER A WITH GRAVE}" <= character <= "\N{LATIN SMALL LETTER Y WITH DIAERESIS}":
        return None
    base, *marks = unicodedata.normalize("NFD", character)
    return advances.get(base) if marks else None
