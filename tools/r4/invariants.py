"""Turn the invariants of R4 into Python functions, to be called where a struct is made.

The FHIRPath compiler of the product writes them; what is checked in another place, or faster by hand, is named below with its reason.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchside.fhir.fhirpath.compiler import RUNTIME_NAMES, compile_function
from benchside.fhir.fhirpath.model import R4
from benchside.fhir.fhirpath.parser import parse
from benchside.fhir.fhirpath.syntax import Call, Expression, Member, Operation

from .definitions import Constraint, Definitions, Element, Type

# Checked by hand-written code, not by a compiled expression.
ELSEWHERE = {
    "ele-1": "an element that holds nothing: every struct refuses it",
    "ext-1": "an extension has a value or extensions: Extension refuses anything else",
    "dom-2": "contained resources: contained.py",
    "dom-3": "contained resources: contained.py",
    "dom-4": "contained resources: contained.py",
    "dom-5": "contained resources: contained.py",
    "ref-1": "references to contained resources: contained.py",
    "txt-1": "narrative: narrative.py",
    "txt-2": "narrative: narrative.py",
}

# Expressions of Python over `this`, by (type, key): asked so often, or so slow in general, that they are written by hand.
BY_HAND = {
    ("Period", "per-1"): "in_order(this.start, this.end)",
    ("Bundle", "bdl-7"): "full_urls_differ(this)",
    ("Bundle", "bdl-11"): "first_entry_is(this, 'document', 'Composition')",
    ("Bundle", "bdl-12"): "first_entry_is(this, 'message', 'MessageHeader')",
    ("Questionnaire", "que-2"): "link_ids_differ(this)",
    ("CodeSystem", "csd-1"): "concept_codes_differ(this)",
    ("Observation", "obs-7"): "components_differ(this)",
    ("CapabilityStatement", "cpb-7"): "documents_differ(this)",
    ("CapabilityStatementRest", "cpb-9"): "resource_types_differ(this)",
    ("CapabilityStatementRestResource", "cpb-12"): "search_parameters_differ(this)",
    ("Count", "cnt-3"): "whole_number(this)",
    ("TimingRepeat", "tim-9"): "no_meal_moment(this)",
    ("ElementDefinition", "eld-2"): "maximum_allows_minimum(this)",
    ("ElementDefinition", "eld-3"): "is_maximum(this)",
    ("ElementDefinition", "eld-11"): "binding_has_bound_type(this)",
    ("ElementDefinition", "eld-13"): "types_differ(this)",
    ("ElementDefinition", "eld-14"): "constraints_differ(this)",
    ("ImplementationGuide", "ig-2"): "versions_are_of_guide(this)",
    ("ImplementationGuideDefinition", "ig-1"): "groupings_exist(this)",
    ("MessageDefinitionFocus", "md-1"): "is_positive_maximum(this)",
    ("NamingSystem", "nsd-2"): "preferred_identifiers_differ(this)",
    ("StructureDefinition", "sdf-1"): "paths_differ(this)",
    ("StructureDefinition", "sdf-8"): "snapshot_paths_begin_with_type(this, resource)",
    ("StructureDefinition", "sdf-8a"): "differential_paths_begin_with_type(this, resource)",
    ("StructureDefinition", "sdf-9"): "root_is_plain(this)",
    ("StructureDefinition", "sdf-11"): "first_path_is_type(this)",
    ("StructureDefinition", "sdf-16"): "snapshot_ids_differ(this)",
    ("StructureDefinition", "sdf-17"): "differential_ids_differ(this)",
    ("StructureDefinition", "sdf-19"): "hl7_types_are_simple(this)",
    ("StructureDefinition", "sdf-21"): "defaults_only_in_specialization(this)",
    ("StructureDefinition", "sdf-22"): "hl7_has_no_defaults(this)",
    ("StructureDefinition", "sdf-23"): "root_has_no_slice(this)",
}

# Where FHIRPath answers "unknown", nothing is broken: HL7's own examples rely on it (bdl-8 without fullUrl). But these mean "must be so".
UNDECIDED_FAILS = {"ras-1"}

# The element without which an invariant holds, where its text does not begin with it.
GUARDS = {
    ("Observation", "obs-7"): "component",
    ("Period", "per-1"): "end",
    ("Range", "rng-2"): "high",
    ("CodeSystem", "csd-1"): "concept",
    ("Questionnaire", "que-2"): "item",
    ("Bundle", "bdl-7"): "entry",
    ("ElementDefinition", "eld-11"): "binding",
    ("ElementDefinition", "eld-13"): "type",
    ("ElementDefinition", "eld-14"): "constraint",
    ("ElementDefinition", "eld-18"): "isModifier",
    ("MedicationDispense", "mdd-1"): "whenPrepared",
    ("Task", "inv-1"): "lastModified",
}


@dataclass(frozen=True)
class Invariant:
    """One invariant of one type, or of one element of it."""

    owner: str
    element: Element | None
    key: str
    human: str
    function: str
    source: str
    guard: str | None

    @property
    def undecided_fails(self) -> bool:
        """Say whether an answer of "unknown" breaks it."""
        return self.key in UNDECIDED_FAILS


def _guard(expression: Expression) -> str | None:
    match expression:
        case Operation("or" | "implies", left, _):
            return _guard_of_leaf(left, "empty" if expression.operator == "or" else "exists")
        case _:
            return None


def _guard_of_leaf(expression: Expression, asked: str) -> str | None:
    match expression:
        case Call(Member(None, name), method, ()) if method == asked:
            return name
        case Operation("or", left, _) if asked == "empty":
            return _guard_of_leaf(left, asked)
        case _:
            return None


def _annotated(source: str) -> str:
    source = re.sub(r"^def (\w+)\(this, resource, root\):", r"def \1(this: Any, resource: Any, root: Any) -> bool | None:", source)
    return re.sub(r"def (\w+)\((\w+)\):", r"def \1(\2: Any) -> bool | None:", source)


def _made(owner: str, focus: str, element: Element | None, constraint: Constraint) -> Invariant:
    name = "_" + constraint.key.replace("-", "_") + ("" if element is None else f"_{element.name}")
    if owner in ("Age", "Count", "Distance", "Duration", "Quantity"):
        name += f"_of_{owner}".lower()
    by_hand = BY_HAND.get((owner, constraint.key))
    if by_hand:
        source = f"def {name}(this: Any, resource: Any, root: Any) -> bool | None:\n    return {by_hand}\n"
    else:
        source = _annotated(compile_function(constraint.expression, focus, R4, name))
    guard = GUARDS.get((owner, constraint.key)) or (None if element else _guard(parse(constraint.expression)))
    return Invariant(owner, element, constraint.key, constraint.human, name, source, guard)


def _placed(definitions: Definitions, type_: Type) -> Iterator[tuple[str, str, Element | None, Constraint]]:
    for constraint in type_.constraints:
        yield type_.name, type_.name, None, constraint
    for element in definitions.own_elements(type_.name):
        focus = element.types[0].code
        group = definitions.types.get(focus)
        for constraint in element.constraints:
            if element.choice:
                yield from _of_choice(definitions, type_, element, constraint)
            elif "%resource" in constraint.expression:
                yield type_.root, focus, element, constraint
            elif group is not None and group.path == element.path:
                yield focus, focus, None, constraint
            else:
                yield type_.name, focus, element, constraint


def _of_choice(
    definitions: Definitions, type_: Type, element: Element, constraint: Constraint
) -> Iterator[tuple[str, str, Element | None, Constraint]]:
    """Place an invariant of a choice element on each of its types that has elements for it to speak of."""
    for json_name, use in element.fields():
        if use.code in definitions.types:
            yield type_.name, use.code, replace(element, name=json_name, choice=False, types=(use,)), constraint


def compiled(definitions: Definitions) -> dict[str, list[Invariant]]:
    """Compile every invariant of severity error, by the class that must check it."""
    found: dict[str, list[Invariant]] = {}
    for type_ in definitions.types.values():
        if type_.abstract and type_.kind == "resource":
            continue
        for owner, focus, element, constraint in _placed(definitions, type_):
            if constraint.severity == "error" and constraint.key not in ELSEWHERE:
                found.setdefault(owner, []).append(_made(owner, focus, element, constraint))
    return found


def runtime_names(source: str) -> set[str]:
    """List what compiled source calls in `benchside.fhir.rules`."""
    by_hand = {text.split("(")[0] for text in BY_HAND.values()}
    return {name for name in {*RUNTIME_NAMES, *by_hand} if re.search(rf"\b{name}\(", source)}
