r"""ZPL II: a drawing as the bytes a label printer understands, in which no text can be a command.

Source: ZPL II Programming Guide (Zebra P1099958): ^FH (hexadecimal in fields, the only escape), ^CI28 (UTF-8), ^BC with
its invocation codes (table 6), ^BX with its escape character (parameter g), ^GF, ^FR.

Every byte of a field that is not an ASCII letter, digit, or one of a few harmless signs is written as `\hh` after
`^FH\`. So a patient named `DOE^XA^XZ` prints as that, and `~JA` in a name cancels nothing.
"""

import re
from dataclasses import dataclass
from itertools import chain

from benchside.terms.refusal import Refusal
from benchside.wire.labels.arrangement import Bars, Block, Drawing, Item, Matrix, Text
from benchside.wire.labels.barcode import Code128
from benchside.wire.labels.content import LabelRefused
from benchside.wire.labels.raster import text_bitmap
from benchside.wire.labels.typefaces import is_resident, resident_width

LABELS_MAX = 200
"""Labels in one print job."""

JOB_PATTERN = re.compile(r"[A-Za-z0-9-]{1,64}")

_PLAIN_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,-+/()#=")
_BARCODE_BYTES = _PLAIN_BYTES | frozenset(b">:;<")
_ESCAPE_CANDIDATES = "_|#@!%$&*=+?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_START = {103: ">9", 104: ">:", 105: ">;"}
_IN_CODE_B = {62: "><", 30: ">0", 94: ">=", 99: ">5"}
_CODE_C, _CODE_B_FROM_C = 99, 100


@dataclass(frozen=True, slots=True)
class ZplJob:
    """What goes to a printer in one piece: `data` prints exactly `label_count` labels. `job_id` is written in it."""

    job_id: str
    data: bytes
    label_count: int


def escape_field(text: str, plain: frozenset[int] = _PLAIN_BYTES) -> str:
    r"""Return `text` as field data after `^FH\`: UTF-8, bytes outside `plain` as a backslash and two hex digits."""
    return "".join(chr(byte) if byte in plain else f"\\{byte:02X}" for byte in text.encode("utf-8"))


def code128_field(symbol: Code128) -> str:
    """Return the field data of ^BC that makes the printer use exactly the code sets of `symbol`, mode N.

    `>` starts an invocation code, so `>`, `^` and `~` of the content are written as such codes themselves.
    """
    start, *values = symbol.values
    in_code_c = start == 105
    parts = [_START[start]]
    for value in values:
        if in_code_c:
            parts.append(">6" if value == _CODE_B_FROM_C else f"{value:02d}")
            in_code_c = value < _CODE_B_FROM_C
        else:
            parts.append(_IN_CODE_B.get(value) or _code_b_character(value))
            in_code_c = value == _CODE_C
    return "".join(parts)


def _code_b_character(value: int) -> str:
    if value >= len(range(0x20, 0x7F)):
        raise ValueError(f"Code 128 value {value} does not occur in visible ASCII content.")
    return chr(value + 0x20)


def zpl_job(drawings: tuple[Drawing, ...], job_id: str) -> ZplJob:
    """Return one print job for `drawings`, one label each, in their order.

    `job_id` (letters, digits, hyphens) is written into the job for the printer's and our own logs. Raises ValueError
    for a job identifier that could be read as a command, LabelRefused for no labels or more than `LABELS_MAX`.
    """
    if not JOB_PATTERN.fullmatch(job_id):
        raise ValueError(f"{job_id!r} is no job identifier: letters, digits and hyphens, at most 64.")
    if not 1 <= len(drawings) <= LABELS_MAX:
        raise LabelRefused((Refusal("labels.label-count-invalid", {"labels_max": LABELS_MAX}),))
    data = "".join(_format(drawing, job_id) for drawing in drawings)
    return ZplJob(job_id, data.encode("ascii"), len(drawings))


def _format(drawing: Drawing, job_id: str) -> str:
    """Return ^XA ... ^XZ of one label; every setting that a job before could have left behind is set again."""
    across, along = drawing.width, drawing.height
    if drawing.layout.feed == "sideways":
        across, along = along, across
    head = f"^XA^FXbenchside {job_id}^FS^CI28^PON^PMN^LRN^FWN^LH0,0^LT0^PW{across}^LL{along}\n"
    return head + "\n".join(chain.from_iterable(_field(item, drawing) for item in drawing.items)) + "\n^XZ\n"


def _field(item: Item, drawing: Drawing) -> tuple[str, ...]:
    match item:
        case Text():
            return (_text(item, drawing) if is_resident(item.text) else _graphic(item, drawing),)
        case Block():
            x, y, width, height = _placed(item.x, item.y, item.width, item.height, drawing)
            return (f"^FO{x},{y}^GB{width},{height},{min(width, height)}^FS",)
        case Bars():
            x, y, _, _ = _placed(item.x, item.y, len(item.symbol.modules) * item.module, item.height, drawing)
            data = escape_field(code128_field(item.symbol), _BARCODE_BYTES)
            return (f"^FO{x},{y}^BY{item.module}^BC{_turn(drawing)},{item.height},N,N,N,N^FH\\^FD{data}^FS",)
        case Matrix():
            return (_matrix(item, drawing),)


def _text(item: Text, drawing: Drawing) -> str:
    x, y = item.x, item.baseline
    if item.align == "center":
        x += round((item.width - item.height * resident_width(item.text)) / 2)
    if drawing.layout.feed == "sideways":
        x, y = drawing.height - item.baseline, x
    reverse = "^FR" if item.is_inverse else ""
    font = f"^A0{_turn(drawing)},{item.height},{item.height}"
    return f"^FT{x},{y}{reverse}{font}^FH\\^FD{escape_field(item.text)}^FS"


def _graphic(item: Text, drawing: Drawing) -> str:
    """Return a text that the printer's own font lacks as a picture, drawn from the packaged fonts."""
    bitmap = text_bitmap(item, drawing)
    reverse = "^FR" if item.is_inverse else ""
    x, y, _, _ = _placed(bitmap.x, bitmap.y, bitmap.width, bitmap.height, drawing)
    if drawing.layout.feed == "sideways":
        bitmap = bitmap.turned()
    size = len(bitmap.data)
    return f"^FO{x},{y}{reverse}^GFA,{size},{size},{bitmap.row_bytes},{bitmap.data.hex().upper()}^FS"


def _matrix(item: Matrix, drawing: Drawing) -> str:
    count = len(item.symbol.rows)
    size = count * item.module
    x, y, _, _ = _placed(item.x, item.y, size, size, drawing)
    content = item.symbol.content
    escape = next(candidate for candidate in _ESCAPE_CANDIDATES if candidate not in content)
    data = escape_field(content)
    return f"^FO{x},{y}^BX{_turn(drawing)},{item.module},200,{count},{count},,{escape}^FH\\^FD{data}^FS"


def _turn(drawing: Drawing) -> str:
    return "R" if drawing.layout.feed == "sideways" else "N"


def _placed(x: int, y: int, width: int, height: int, drawing: Drawing) -> tuple[int, int, int, int]:
    """Return a box as the print head sees it: sideways labels are turned a quarter clockwise."""
    if drawing.layout.feed == "sideways":
        return drawing.height - y - height, x, height, width
    return x, y, width, height
