"""A strict reader of ZPL, written from the manual for these tests alone; it shares nothing with the writer.

ZPL II Programming Guide: `^` begins a format command and `~` a control command wherever they stand, also inside a field;
a command is two characters and its parameters, which end at the next `^` or `~`. After ^FH with an indicator, the indicator
and two hexadecimal digits in the next field's data stand for a byte.
"""

import re
from dataclasses import dataclass, field

_COMMAND = re.compile(r"([\^~])([A-Za-z@][A-Za-z0-9@]?)([^\^~]*)", re.DOTALL)

WRITTEN_COMMANDS = frozenset(
    [
        "^XA",
        "^FX",
        "^CI",
        "^PO",
        "^PM",
        "^LR",
        "^FW",
        "^LH",
        "^LT",
        "^PW",
        "^LL",
        "^FO",
        "^FT",
        "^GB",
        "^FR",
        "^A0",
        "^FH",
        "^FD",
        "^FS",
        "^BY",
        "^BC",
        "^BX",
        "^GF",
        "^XZ",
    ]
)
"""Every command a label of ours may hold."""


@dataclass(slots=True)
class ZplField:
    """A field: the commands before its data, and the data after hexadecimal decoding, None when it has no data."""

    commands: dict[str, str] = field(default_factory=dict)
    data: bytes | None = None


@dataclass(slots=True)
class ZplLabel:
    """One ^XA ... ^XZ: settings outside fields, and its fields."""

    settings: dict[str, str] = field(default_factory=dict)
    fields: list[ZplField] = field(default_factory=list)


def commands(zpl: bytes) -> list[tuple[str, str]]:
    """Return every command as (name, parameters) in order; bytes before the first command must be absent."""
    text = zpl.decode("ascii")
    found = list(_COMMAND.finditer(text))
    if not found or found[0].start() != 0:
        raise AssertionError(f"{text[:40]!r} does not begin with a command")
    pairs: list[tuple[str, str]] = []
    for match in found:
        name, parameters = match[1] + match[2].upper(), match[3]
        if match[2][0].upper() == "A" and len(match[2]) == 2 and match[2][1] != "0":
            raise AssertionError(f"font {match[2]!r} is not the one we use")
        pairs.append((name, parameters))
    if "".join(match[0] for match in found) != text:
        raise AssertionError("something stands between commands")
    return pairs


def labels(zpl: bytes) -> list[ZplLabel]:
    """Return the labels of a job."""
    read: list[ZplLabel] = []
    current: ZplField | None = None
    for name, parameters in commands(zpl):
        if name == "^XA":
            read.append(ZplLabel())
            current = None
        elif name == "^FS":
            current = None
        elif name in ("^FO", "^FT"):
            current = ZplField({name: parameters})
            read[-1].fields.append(current)
        elif current is None:
            read[-1].settings[name] = parameters.strip()
        elif name == "^FD":
            current.data = decode(parameters, current.commands.get("^FH", ""))
        else:
            current.commands[name] = parameters
    return read


def decode(data: str, indicator: str) -> bytes:
    """Return field data as bytes, after hexadecimal decoding with `indicator` (one character, or empty for none)."""
    decoded = bytearray()
    position = 0
    while position < len(data):
        if indicator and data[position] == indicator:
            decoded.append(int(data[position + 1 : position + 3], 16))
            position += 3
        else:
            decoded += data[position].encode("ascii")
            position += 1
    return bytes(decoded)


def code128_content(data: str) -> str:
    """Return what ^BC in mode N encodes, by table 6 of the manual (code sets B and C)."""
    code_set, content, position = {">:": "B", ">;": "C"}[data[:2]], "", 2
    while position < len(data):
        piece = data[position : position + 2]
        if code_set == "C" and piece != ">6":
            if not piece.isdigit() or len(piece) != 2:
                raise AssertionError(f"{piece!r} is no pair of digits")
            content += piece
        elif piece in (">5", ">6"):
            code_set = {">5": "C", ">6": "B"}[piece]
        elif piece in ("><", ">0", ">="):
            content += {"><": "^", ">0": ">", ">=": "~"}[piece]
        else:
            if piece[0] == ">":
                raise AssertionError(f"{piece!r} is not expected")
            content += piece[0]
            position -= 1
        position += 2
    return content
