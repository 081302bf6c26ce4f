"""Write the function that collects one resource type's index rows.

All parameters of a type share one walk over the struct: their paths are laid into a tree first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from benchside.fhir.fhirpath.model import field_name
from benchside.fhir.primitives import PRIMITIVES

from .paths import Filter, Path, Step
from .table import Composite, Parameter

SystemOf = Callable[[str], str]
"""The code system of a code-typed element ("Patient.gender"), "" when there is none or more than one."""

TEXTS = frozenset({"code", "id", "string", "uri", "url", "canonical", "oid", "uuid", "markdown"})
DATES = frozenset({"date", "dateTime", "instant"})

ROWS = {
    ("token", "boolean"): "boolean",
    ("token", "Coding"): "coding",
    ("token", "CodeableConcept"): "concept",
    ("token", "Identifier"): "identifier",
    ("token", "ContactPoint"): "contact",
    ("string", "HumanName"): "human_name",
    ("string", "Address"): "address",
    ("reference", "Reference"): "reference",
    ("reference", "canonical"): "canonical",
    ("reference", "uri"): "canonical",
    ("number", "Range"): "number_range",
    ("quantity", "Quantity"): "quantity",
    ("quantity", "Age"): "quantity",
    ("quantity", "Duration"): "quantity",
    ("quantity", "Range"): "quantity_range",
    ("quantity", "SampledData"): "sampled_data",
    ("quantity", "Money"): "money",
}
"""Function of rows.py for a kind of parameter and a datatype: `function(rows, number, value)`."""

DATED_ROWS = {**dict.fromkeys(DATES, "date"), "Period": "period", "Timing": "timing"}
"""The same for dates: `function(rows, number, value, zone)`."""

PARTS = {
    ("token", "boolean"): "boolean_parts",
    ("token", "Coding"): "coding_parts",
    ("token", "CodeableConcept"): "concept_parts",
    ("quantity", "Quantity"): "quantity_parts",
    ("quantity", "Range"): "range_parts",
    ("reference", "Reference"): "reference_parts",
    ("string", "string"): "string_parts",
    ("number", "integer"): "number_parts",
}
"""Function of rows.py for a component of a composite: `function(parts, value)`."""

NOT_OF_THE_KIND = {
    ("reference", "Attachment"),
    ("date", "Age"),
    ("date", "Range"),
    ("date", "string"),
    ("token", "Quantity"),
    ("token", "Range"),
    ("token", "Reference"),
}
"""What an expression also gives, but a parameter of that kind cannot be compared with."""

Lines = list[str]
Leaf = Callable[[str], Lines]
"""Lines that collect the value held by a variable."""


@dataclass
class Branch:
    """What to do with the value reached so far, and where to go on from it."""

    leaves: list[Leaf] = field(default_factory=list[Leaf])
    primitive: bool = False
    """The value is a primitive: in a list it may be None, where only extensions are."""
    branches: dict[Step | Filter, Branch] = field(default_factory=dict["Step | Filter", "Branch"])

    def at(self, steps: tuple[Step | Filter, ...]) -> Branch:
        """The branch these steps lead to."""
        branch = self
        for step in steps:
            branch = branch.branches.setdefault(step, Branch())
        return branch


class Writer:
    """Writes one function; names its variables."""

    def __init__(self, system_of: SystemOf) -> None:
        self._system_of = system_of
        self._count = 0
        self.functions: set[str] = set()
        """Functions of rows.py that the source calls."""

    def _name(self, prefix: str = "v") -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def function(self, parameters: dict[str, Parameter], patient: Parameter | None, moment: Parameter | None) -> Lines:
        """The whole function `index` of one type. `patient` and `moment` name the parameters that tell these."""
        root = Branch()
        for parameter in parameters.values():
            self._lay(root, parameter)
        lines = self._write(root, "resource")
        if patient is not None:
            lines.append(f"rows.patient = {self._row('one_patient')}(rows, {patient.number})")
        if moment is not None:
            lines.append(f"rows.moment = {self._row('moment')}(rows, {moment.number})")
        return lines

    def _row(self, name: str) -> str:
        self.functions.add(name)
        return f"row.{name}"

    def _lay(self, root: Branch, parameter: Parameter) -> None:
        if parameter.code in ("_id", "_lastUpdated") or parameter.alias_of:
            return
        if parameter.special == "near":
            root.at((Step("position", many=False),)).leaves.append(self._call("position", parameter.number))
        elif parameter.special == "deceased":
            root.leaves.append(lambda var: self._deceased(var, parameter.number))
        for path in parameter.paths:
            leaf = self._leaf(parameter, path)
            if leaf is not None:
                branch = root.at(path.steps)
                branch.leaves.append(leaf)
                branch.primitive = path.type in PRIMITIVES
        for composite in parameter.composites:
            self._lay_composite(root, parameter.number, composite)

    def _call(self, function: str, number: int, *more: str) -> Leaf:
        arguments = "".join(f", {each}" for each in more)
        return lambda var: [f"{self._row(function)}(rows, {number}, {var}{arguments})"]

    def _deceased(self, var: str, number: int) -> Lines:
        """`deceased.exists() and deceased != false`: a date of death means true."""
        dead = f"{var}.deceasedBoolean or {var}.deceasedDateTime is not None"
        return [f"{self._row('boolean')}(rows, {number}, {dead})"]

    def _leaf(self, parameter: Parameter, path: Path) -> Leaf | None:
        kind, datatype, number = parameter.kind, path.type, parameter.number
        if (kind, datatype) in NOT_OF_THE_KIND:
            return None
        if path.type == "Resource":
            return self._only(path, "resource", number)
        if path.restricted_to is not None:
            return self._call("reference_to", number, repr(path.restricted_to))
        if parameter.code == "phonetic":
            return self._call("phonetic_name" if datatype == "HumanName" else "phonetic_text", number)
        if kind == "date":
            return self._call(DATED_ROWS[datatype], number, "zone")
        if kind == "token" and datatype in TEXTS:
            system = self._system_of(path.element) if datatype == "code" else ""
            return lambda var: [f"tokens.append(({number}, {system!r}, {var}))"]
        if kind == "string" and datatype in TEXTS:
            return lambda var: [f"strings.append(({number}, {var}))"]
        if kind == "uri":
            return lambda var: [f"rows.uris.append(({number}, {var}))"]
        if kind == "number" and datatype == "decimal":
            return lambda var: [f"rows.numbers.append(({number}, {var}))"]
        if kind == "number" and datatype == "integer":
            return lambda var: [f"rows.numbers.append(({number}, Decimal({var})))"]
        return self._call(ROWS[kind, datatype], number)

    def _only(self, path: Path, function: str, number: int) -> Leaf:
        wanted = path.restricted_to
        return lambda var: [f"if {var}.resourceType == {wanted!r}:", f"    {self._row(function)}(rows, {number}, {var})"]

    def _lay_composite(self, root: Branch, number: int, composite: Composite) -> None:
        """Collect at each value of the last component; the others are collected from where the composite stands."""
        base = root.at(composite.base.steps)
        standing: list[str] = []  # the variable of the base, known when its branch is written: before those below it

        def stand(var: str) -> Lines:
            standing[:] = [var]
            return []

        base.leaves.append(stand)
        last = composite.components[-1]
        for path in last.paths:
            if (last.kind, path.type) not in NOT_OF_THE_KIND:
                leaf = self._composite(number, composite, path, standing)
                base.at(path.steps).leaves.append(leaf)

    def _composite(self, number: int, composite: Composite, last: Path, standing: list[str]) -> Leaf:
        def leaf(var: str) -> Lines:
            names = [self._name("p") for _ in composite.components]
            lines: Lines = []
            for name, component in zip(names[:-1], composite.components[:-1], strict=True):
                root, outer = Branch(), Branch()
                for path in component.paths:
                    if (component.kind, path.type) not in NOT_OF_THE_KIND:
                        (outer if path.from_resource else root).at(path.steps).leaves.append(self._part(name, component.kind, path))
                lines += [f"{name}: list[Part] = []", *self._write(root, standing[0]), *self._write(outer, "resource")]
            collected = self._part(names[-1], composite.components[-1].kind, last)(var)
            return [
                *lines,
                f"{names[-1]}: list[Part] = []",
                *collected,
                f"{self._row('composite')}(rows, {number}, {', '.join(names)})",
            ]

        return leaf

    def _part(self, name: str, kind: str, path: Path) -> Leaf:
        if kind == "date":
            function = self._row("period_parts" if path.type == "Period" else "date_parts")
            return lambda var: [f"{function}({name}, {var}, zone)"]
        if (kind, path.type) == ("token", "code"):
            return lambda var: [f"{name}.append(('token', {self._system_of(path.element)!r}, {var}))"]
        function = self._row(PARTS[kind, path.type])
        return lambda var: [f"{function}({name}, {var})"]

    def _write(self, branch: Branch, var: str) -> Lines:
        lines = [line for leaf in branch.leaves for line in leaf(var)]
        for step, inner in branch.branches.items():
            if isinstance(step, Filter):
                lines += [f"if {var}.{field_name(step.field)} == {step.value!r}:", *_indented(self._write(inner, var))]
                continue
            held = self._name()
            body: Lines
            if step.many:
                each = self._name()
                inner_lines = self._write(inner, each)
                body = [f"{each} = {held}[0]", *inner_lines] if step.first else [f"for {each} in {held}:", *_indented(inner_lines)]
                if inner.primitive:
                    body = _without_gaps(body, each, first=step.first)
            else:
                body = self._write(inner, held)
            lines += [f"if ({held} := {var}.{step.field}) is not None:", *_indented(body)]
        return lines


def _without_gaps(body: Lines, each: str, *, first: bool) -> Lines:
    if first:
        return [body[0], f"if {each} is not None:", *_indented(body[1:])]
    return [body[0], f"    if {each} is not None:", *_indented(body[1:])]


def _indented(lines: Lines) -> Lines:
    return [f"    {line}" for line in lines]
