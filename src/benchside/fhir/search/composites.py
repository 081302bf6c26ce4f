"""Whether a resource has what a composite asks, told from its index values: for what no index key can answer.

Source: https://hl7.org/fhir/R4/search.html#composite
"""

from __future__ import annotations

from fractions import Fraction

from benchside.fhir.search.case import compared
from benchside.fhir.search.criteria import (
    CompositeValue,
    DateValue,
    NumberValue,
    PartValue,
    QuantityValue,
    ReferenceValue,
    StringValue,
    TokenValue,
    UriValue,
)
from benchside.fhir.search.parameters import Parameter, index_numbers
from benchside.fhir.search.values import IndexValues, Part
from benchside.terms.folding import fold
from benchside.terms.quantity import UCUM_SYSTEM, canonical


def meets(parameter: Parameter, value: CompositeValue, values: IndexValues) -> bool:
    """Whether one of the rows of a composite parameter meets every part of `value`."""
    numbers = index_numbers(parameter.type, parameter.code)
    return any(
        all(_part_meets(held, asked) for held, asked in zip(parts, value.parts, strict=True))
        for number, parts in values.composites
        if number in numbers
    )


def _part_meets(held: Part, asked: PartValue) -> bool:
    match held, asked:
        case ("token", str(system), str(code)), TokenValue():
            if asked.system not in (None, system):
                return False
            return asked.code is None or compared(system, code) == compared(system, asked.code)
        case ("quantity", value, str(system), str(code), str(unit)), QuantityValue():
            return _quantity_meets(Fraction(value), system, code, unit, asked)
        case ("number", value), NumberValue():
            return _number_meets(Fraction(value), asked.prefix, Fraction(asked.value), Fraction(asked.low), Fraction(asked.high))
        case ("date", int(start), int(stop)), DateValue():
            return _date_meets(start, stop, asked)
        case ("reference", str(reference)), ReferenceValue():
            if asked.url is not None:
                return reference == asked.url
            return reference.rpartition("/")[2] == asked.id and asked.type in (None, reference.rpartition("/")[0])
        case ("string", str(text)), StringValue():
            return fold(text).startswith(fold(asked.text))
        case (_, str(uri)), UriValue():
            return uri == asked.text
        case _:
            return False


def _quantity_meets(value: Fraction, system: str, code: str, unit: str, asked: QuantityValue) -> bool:
    ends = (asked.value, asked.low, asked.high)
    if asked.code is not None and asked.system == UCUM_SYSTEM:
        bases = [canonical(end, asked.code) for end in ends]
        own = canonical(value, code) if system == UCUM_SYSTEM else None
        known = [base for base in bases if base is not None]
        if len(known) == len(bases):
            return own is not None and own[1] == known[0][1] and _number_meets(own[0], asked.prefix, *(base[0] for base in known))
    if asked.code is not None and (
        (system, code) != (asked.system, asked.code) if asked.system is not None else asked.code not in (code, unit)
    ):
        return False
    return _number_meets(value, asked.prefix, *map(Fraction, ends))


def _number_meets(held: Fraction, prefix: str, value: Fraction, low: Fraction, high: Fraction) -> bool:
    match prefix:
        case "eq" | "ap":
            return low <= held < high
        case "ne":
            return not low <= held < high
        case "gt" | "sa":
            return held > value
        case "lt" | "eb":
            return held < value
        case "ge":
            return held >= value
        case _:
            return held <= value


def _date_meets(start: int, stop: int, asked: DateValue) -> bool:
    within = asked.start <= start and stop <= asked.stop
    return {
        "eq": within,
        "ne": not within,
        "gt": stop > asked.stop,
        "lt": start < asked.start,
        "ge": stop > asked.stop or within,
        "le": start < asked.start or within,
        "sa": start > asked.stop,
        "eb": stop < asked.start,
        "ap": start <= asked.stop and stop >= asked.start,
    }[asked.prefix]
