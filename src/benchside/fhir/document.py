"""JSON as it was sent: every member kept in view, also those that a reader would silently drop.

Used only for documents that the quick reading refused or doubted, to say everything that is wrong with them.
"""

import json
from decimal import Decimal
from typing import Any, NoReturn

INTEGER_CHARACTERS_MAX = 20
"""Longer whole numbers are kept as Decimal: no integer of FHIR is that long."""


class UnreadableError(ValueError):
    """The document is not JSON. Its words say where it stops being JSON."""


class Members(dict[str, Any]):
    """A JSON object; `repeated` are the names it gives more than once, `unusable` numbers that no decimal can hold."""

    __slots__ = ("repeated",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        """Keep the pairs, the last of those with the same name as value."""
        super().__init__(pairs)
        self.repeated: tuple[str, ...] = ()
        if len(self) != len(pairs):
            seen: set[str] = set()
            again = [name for name, _ in pairs if name in seen or seen.add(name)]  # `add` returns None: not seen before
            self.repeated = tuple(dict.fromkeys(again))


class Unusable(str):
    """The text of a number that is far beyond what decimals can hold."""

    __slots__ = ()


def _fraction(text: str) -> Decimal | Unusable:
    try:
        return Decimal(text)
    except ArithmeticError:
        return Unusable(text)


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= INTEGER_CHARACTERS_MAX else Decimal(text)


def _refuse(name: str) -> NoReturn:
    raise UnreadableError(f"{name} is not a number in JSON")


_decoder = json.JSONDecoder(object_pairs_hook=Members, parse_float=_fraction, parse_int=_whole, parse_constant=_refuse)


def parse(raw: bytes) -> Any:
    """Read a document: objects as Members, numbers as int or Decimal; raises UnreadableError in words for a person."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"the document is not UTF-8 text: byte {error.start} is wrong") from error
    try:
        return _decoder.decode(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UnreadableError(f"the document is not JSON: {error.msg} at {where}") from error
    except RecursionError as error:
        raise UnreadableError("the document is nested too deeply") from error
