"""Numbers of search parameters the record itself needs: which reference names the patient, which are references."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import get_type_hints

from benchside.fhir import r4
from benchside.fhir.search.parameters import Parameter, parameters
from benchside.fhir.search.values import IndexValues

_PATH = re.compile(r"^[A-Z]\w+\.(\w+)(?:\.where\(resolve\(\) is Patient\))?$")


def answering(parameter: Parameter) -> tuple[Parameter, ...]:
    """The parameters under whose numbers the rows of `parameter` are kept: itself, or those it is an alias of."""
    if not parameter.alias_of:
        return (parameter,)
    own = parameters(parameter.type)
    return tuple(found for code in parameter.alias_of for found in answering(own[code]))


@lru_cache(maxsize=256)
def patient_number(resource_type: str) -> int | None:
    """The number of the reference that says to which one patient a resource of this type belongs.

    None where there is no such reference, or where it may name several patients (Appointment, Group, ...): the
    patient column of such a type must not narrow a search.
    """
    for code in ("patient", "subject"):
        parameter = parameters(resource_type).get(code)
        if parameter is None or (code == "subject" and "Patient" not in parameter.targets):
            continue
        rows = answering(parameter)
        element = _PATH.match(parameter.expression)
        if len(rows) == 1 and element is not None and not _repeats(resource_type, element[1]):
            return rows[0].number
    return None


def _repeats(resource_type: str, element: str) -> bool:
    hints = get_type_hints(r4.RESOURCES[resource_type])
    return "list[" in str(hints.get(element) or hints[f"{element}_"])  # `for` is a word of Python


def patient_id(resource_type: str, id: str, values: IndexValues) -> str | None:
    """The id of the one patient the resource belongs to."""
    if resource_type == "Patient":
        return id
    number = patient_number(resource_type)
    if number is None:
        return values.patient
    found = {ref[8:] for n, ref in values.references if n == number and ref.startswith("Patient/")}
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=1)
def reference_numbers() -> tuple[int, ...]:
    """Numbers of all parameters with reference rows of their own."""
    found = {
        parameter.number
        for resource_type in r4.RESOURCES
        for parameter in parameters(resource_type).values()
        if parameter.kind == "reference" and not parameter.alias_of
    }
    return tuple(sorted(found))
