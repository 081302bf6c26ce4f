"""What source written by `compiler` calls while it runs."""

from __future__ import annotations

from typing import Any

from benchside.fhir.fhirpath.evaluation import Environment, Scope, walk
from benchside.fhir.fhirpath.functions import matches
from benchside.fhir.fhirpath.model import R4
from benchside.fhir.fhirpath.node import Node, compare, compare_dates, truth
from benchside.fhir.fhirpath.parser import parse
from benchside.fhir.narrative import narrative_faults

__all__ = ["compare_dates", "matches", "narrative_allowed", "quantity_order", "truth_of"]


def truth_of(expression: str, type_name: str, this: Any, resource: Any, root: Any) -> bool | None:
    """Evaluate `expression` on `this`, a struct or primitive of `type_name` inside `resource` inside `root`."""
    focus = [Node(this, type_name)]
    environment = Environment(R4, resource=Node(resource, type(resource).__name__), root=Node(root, type(root).__name__))
    return truth(walk(parse(expression), Scope(focus, environment, focus)))


def quantity_order(left: Any, right: Any) -> int | None:
    """-1, 0 or 1 for two Quantity structs of the same unit; None when they cannot be compared."""
    return compare(Node(left, "Quantity"), Node(right, "Quantity"))


def narrative_allowed(div: str) -> bool:
    """Whether `div` is the XHTML R4 allows in a narrative."""
    return not narrative_faults(div)
