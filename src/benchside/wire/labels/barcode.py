"""Barcodes as modules, made by pyStrich: Code 128 (ISO/IEC 15417) and Data Matrix ECC 200 (ISO/IEC 16022)."""

from dataclasses import dataclass
from functools import lru_cache

from pystrich.code128 import Code128Encoder
from pystrich.datamatrix import DataMatrixData, DataMatrixEncoder

CODE128_QUIET_MODULES = 10
"""Clear modules before and after a Code 128. Source: CLSI AUTO02, ISO/IEC 15417."""

DATA_MATRIX_QUIET_MODULES = 2
"""Clear modules around a Data Matrix; ISO/IEC 16022 asks for one, a second allows for ink spread."""

_SYMBOLS_REMEMBERED = 1_024


@dataclass(frozen=True, slots=True)
class Code128:
    """A Code 128 without quiet zones: `modules` of 1 (bar) and 0 (space).

    `values` go from the start code to the last character, without check character and stop.
    """

    content: str
    values: tuple[int, ...]
    modules: str


@dataclass(frozen=True, slots=True)
class DataMatrix:
    """A square Data Matrix without quiet zone: rows of 1 (dark) and 0, finder pattern included."""

    content: str
    rows: tuple[str, ...]


@lru_cache(maxsize=_SYMBOLS_REMEMBERED)
def code128(content: str) -> Code128:
    """Return `content` (visible ASCII, see `content.is_barcode_content`) as the shortest Code 128."""
    encoder = Code128Encoder(content)
    return Code128(content, tuple(encoder.encoded_text), encoder.bars)


@lru_cache(maxsize=_SYMBOLS_REMEMBERED)
def data_matrix(content: str) -> DataMatrix:
    """Return `content` (visible ASCII) as the smallest square Data Matrix that holds it in ASCII encodation.

    ASCII encodation is the least dense a printer may choose, so a printer told to use this size never lacks room.
    """
    encoder = DataMatrixEncoder(DataMatrixData(content, encoding="ascii"), quiet_zone=0, force_byte_mode=True)
    text = encoder.get_ascii()
    size = len(text.splitlines())
    rows = tuple("".join("1" if cell == "XX" else "0" for cell in _cells(line, size)) for line in text.splitlines())
    return DataMatrix(content, rows)


def _cells(line: str, count: int) -> tuple[str, ...]:
    """Split a row of two-character cells; trailing light cells may be missing."""
    padded = line.ljust(2 * count)
    return tuple(padded[2 * index : 2 * index + 2] for index in range(count))
