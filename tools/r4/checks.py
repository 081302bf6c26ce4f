"""Write `__post_init__`: what a struct must hold beyond what its annotations can say.

Choice elements, required elements that may be an extension alone, the resource types a Reference may point at, required bindings of
concepts, and invariants. A class that has none of these gets no method, and costs nothing when it is read.
"""

from dataclasses import dataclass, field

from . import naming
from .bindings import codes
from .definitions import Definitions, Element, Type, TypeUse
from .invariants import Invariant, runtime_names

MANY_CHOICES = 20  # From here on a choice is counted in one pass over the struct.


def _attribute(json_name: str) -> str:
    return f"self.{naming.attribute(json_name)}"


def present(definitions: Definitions, element: Element, json_name: str, use: TypeUse) -> str:
    """Write the expression that says whether a property is present, as a value or as extensions alone."""
    if naming.has_companion(definitions, element, use):
        return f"{_attribute(json_name)} is not None or self.{naming.companion(json_name)} is not None"
    return f"{_attribute(json_name)} is not None"


def absent(definitions: Definitions, element: Element, json_name: str, use: TypeUse) -> str:
    """Write the expression that says a property is not there at all."""
    if naming.has_companion(definitions, element, use):
        return f"{_attribute(json_name)} is None and self.{naming.companion(json_name)} is None"
    return f"{_attribute(json_name)} is None"


def _required(definitions: Definitions, element: Element) -> list[str]:
    json_name, use = element.fields()[0]
    if element.choice or not element.minimum or not naming.has_companion(definitions, element, use):
        return []
    return [
        f"if {absent(definitions, element, json_name, use)}:",
        f'    raise ValueError("{json_name} is required")',
    ]


def _choice(definitions: Definitions, type_: Type, element: Element) -> list[str]:
    if not element.choice:
        return []
    fields = element.fields()
    if len(fields) >= MANY_CHOICES:
        return _wide_choice(definitions, type_, element)
    refusals = {"1": f"only one {element.name}[x] may be given", "0": f"{element.name}[x] is required"}
    if len(fields) == 1:
        if not element.minimum:
            return []
        return [f"if {absent(definitions, element, *fields[0])}:", f'    raise ValueError("{refusals["0"]}")']
    lines = ["chosen = 0"]
    for json_name, use in fields:
        lines += [f"if {present(definitions, element, json_name, use)}:", "    chosen += 1"]
    test = "chosen != 1" if element.minimum else "chosen > 1"
    words = f"exactly one {element.name}[x] is required" if element.minimum else refusals["1"]
    return [*lines, f"if {test}:", f'    raise ValueError("{words}")']


def field_names(definitions: Definitions, type_: Type) -> list[str]:
    """List every struct field of a type in the order msgspec keeps them."""
    names: list[str] = []
    for element in definitions.all_elements(type_.name):
        for json_name, use in element.fields():
            names.append(naming.attribute(json_name))
            if naming.has_companion(definitions, element, use):
                names.append(naming.companion(json_name))
    return names


def _wide_choice(definitions: Definitions, type_: Type, element: Element) -> list[str]:
    names = field_names(definitions, type_)
    own = [naming.attribute(json_name) for json_name, _ in element.fields()]
    start = names.index(own[0])
    last, use = element.fields()[-1]
    stop = names.index(naming.companion(last) if naming.has_companion(definitions, element, use) else last) + 1
    given = f"{element.name}_given"
    test = f"{given} != 1" if element.minimum else f"{given} > 1"
    return [
        f"{given} = {stop - start} - values[{start}:{stop}].count(None)",
        f"if {test}:",
        f"    check_choice(self, {start}, {stop}, required={bool(element.minimum)})",
    ]


def _references(type_: Type, element: Element, constants: dict[str, str], rules: set[str]) -> list[str]:
    lines: list[str] = []
    for json_name, use in element.fields():
        if use.code != "Reference" or not use.targets or "Resource" in use.targets:
            continue
        rules |= {"Targets", "check_reference"}
        value = f"Targets({', '.join(repr(target) for target in use.targets)})".replace("'", '"')
        constant = next((name for name, known in constants.items() if known == value), None)
        if constant is None:
            constant = "_" + "_OR_".join(use.targets).upper()
            if len(use.targets) > 3:
                constant = f"_{type_.name}_{json_name}".upper()
            constants[constant] = value
        if element.many:
            head, value_name = [f"for reference in {_attribute(json_name)} or ():"], "reference"
            test = f"    if (text := {value_name}.reference) is None or not text.startswith({constant}.prefixes):"
        else:
            head, value_name = [], "reference"
            test = (
                f"if (reference := {_attribute(json_name)}) is not None and "
                f"((text := reference.reference) is None or not text.startswith({constant}.prefixes)):"
            )
        inner = "        " if element.many else "    "
        lines += [*head, test, f"{inner}check_reference(reference, {constant})"]
    return lines


def _concepts(definitions: Definitions, type_: Type, element: Element, constants: dict[str, str], rules: set[str]) -> list[str]:
    if element.strength != "required" or not element.binding or element.types[0].code != "CodeableConcept" or element.choice:
        return []
    listed = codes(definitions, element.binding)
    if not listed:
        return []
    rules.add("check_concept")
    rules.add("CONCEPT_CODES")
    constant = f"_{type_.name}_{element.name}".upper() + "_CODES"
    constants[constant] = f'CONCEPT_CODES["{element.binding}"]'
    name = _attribute(element.name)
    if element.many:
        return [f"for concept in {name} or ():", f"    check_concept(concept, {constant})"]
    return [f"if {name} is not None:", f"    check_concept({name}, {constant})"]


# Texts met dozens of times in every resource: looked at here, in a few nanoseconds, where a pattern would take hundreds.
INLINE_TEXTS = {
    ("Coding", "system"): "uri",
    ("Coding", "code"): "code",
    ("Identifier", "system"): "uri",
    ("Quantity", "system"): "uri",
    ("Quantity", "code"): "code",
    ("Extension", "url"): "uri",
    ("Reference", "type"): "uri",
    ("BundleEntry", "fullUrl"): "uri",
    ("BundleEntryRequest", "url"): "uri",
}


def _base64(element: Element, rules: set[str]) -> list[str]:
    lines: list[str] = []
    for json_name, use in element.fields():
        if use.code == "base64Binary":
            rules.add("check_base64")
            lines += [f"if {_attribute(json_name)} is not None:", f"    check_base64({_attribute(json_name)})"]
    return lines


def _decimals(element: Element, rules: set[str]) -> list[str]:
    lines: list[str] = []
    for json_name, use in element.fields():
        if use.code == "decimal":
            rules.add("check_decimal")
            lines += [f"if {_attribute(json_name)} is not None:", f"    check_decimal({_attribute(json_name)})"]
    return lines


def _inline_text(definitions: Definitions, type_: Type, element: Element, rules: set[str]) -> list[str]:
    owner = "Quantity" if type_.base == "Quantity" else type_.name
    kind = INLINE_TEXTS.get((owner, element.name))
    if kind is None:
        return []
    check = "check_code" if kind == "code" else "check_uri"
    rules.add(check)
    name = _attribute(element.name)
    if element.minimum and not naming.has_companion(definitions, element, element.types[0]):
        test = f'if " " in {name} or "\\n" in {name} or "\\t" in {name} or "\\r" in {name}:'
        return [test, f"    {check}({name})"]
    test = 'if text is not None and (" " in text or "\\n" in text or "\\t" in text or "\\r" in text):'
    return [f"text = {name}", test, f"    {check}(text)"]


def _nulls(definitions: Definitions, element: Element, rules: set[str]) -> list[str]:
    json_name, use = element.fields()[0]
    if not element.many or use.code not in definitions.primitives:
        return []
    rules.add("check_aligned")
    name = _attribute(json_name)
    beside = f"self.{naming.companion(json_name)}"
    return [f"if {beside} is not None or ({name} is not None and None in {name}):", f"    check_aligned({name}, {beside})"]


def _simple_quantities(element: Element) -> list[str]:
    lines: list[str] = []
    for json_name, use in element.fields():
        if "SimpleQuantity" not in use.profiles:
            continue
        if element.many:
            lines += [f"for quantity in {_attribute(json_name)} or ():", "    if quantity.comparator is not None:"]
            lines += ['        raise ValueError("sqty-1")']
        else:
            lines += [f"if (quantity := {_attribute(json_name)}) is not None and quantity.comparator is not None:"]
            lines += ['    raise ValueError("sqty-1")']
    return lines


def _emptiness(definitions: Definitions, type_: Type) -> list[str]:
    if type_.kind == "resource" or type_.name == "Extension":
        return []
    elements = definitions.all_elements(type_.name)
    if any(element.minimum for element in elements):
        return []
    own = {element.name for element in definitions.own_elements(type_.name)}
    ordered = [e for e in elements if e.name in own] + [e for e in elements if e.name not in own and e.name != "id"]
    tests = [absent(definitions, element, *fields) for element in ordered for fields in element.fields()]
    return [f"if {' and '.join(tests)}:", '    raise ValueError("ele-1")']


def _special(definitions: Definitions, type_: Type, rules: set[str]) -> list[str]:
    if type_.name == "Reference":
        rules.add("note_local")
        return ['if (text := self.reference) is not None and text[0] == "#":', "    note_local(text)"]
    if type_.name == "Element":
        rules.add("doubt")
        return [
            "if self.extension is None and type(self) is Element:",
            "    if self.id is None:",
            '        raise ValueError("ele-1")',
            "    doubt()",
        ]
    if type_.name == "Extension":
        rules |= {"astuple", "check_extension"}
        return [
            f"if self.id is not None or astuple(self).count(None) != {len(field_names(definitions, type_)) - 2}:",
            "    check_extension(self)",
        ]
    if type_.kind == "resource" and any(element.name == "contained" for element in type_.elements):
        rules.add("note_local")
        return ["if self.contained is not None:", '    note_local("")']
    if type_.name == "BundleEntry":
        rules.add("end_local")
        return ["end_local()"]
    if type_.name == "Narrative":
        rules.add("check_narrative")
        return ["check_narrative(self.div)"]
    return []


def _invariant_lines(definitions: Definitions, type_: Type, invariants: list[Invariant]) -> list[str]:
    lines: list[str] = []
    around = "self, self" if type_.kind == "resource" else "None, None"
    for invariant in invariants:
        broken = "is not True" if invariant.undecided_fails else "is False"
        refusal = f'raise ValueError("{invariant.key}")'
        if invariant.element is not None:
            name = _attribute(invariant.element.name)
            if invariant.element.many:
                lines += [f"for item in {name} or ():", f"    if {invariant.function}(item, {around}) {broken}:"]
                lines += [f"        {refusal}"]
            else:
                lines += [f"if {name} is not None and {invariant.function}({name}, {around}) {broken}:", f"    {refusal}"]
            continue
        test = f"{invariant.function}(self, {around}) {broken}"
        if invariant.guard:
            guarded = next(e for e in definitions.all_elements(type_.name) if e.name == invariant.guard)
            there = " or ".join(present(definitions, guarded, *fields) for fields in guarded.fields())
            if len(guarded.fields()) >= MANY_CHOICES:
                there = f"{guarded.name}_given"
            test = f"({there}) and {test}" if " or " in there else f"{there} and {test}"
        lines += [f"if {test}:", f"    {refusal}"]
    return lines


@dataclass
class Method:
    """One `__post_init__`, and what its module must hold for it."""

    lines: list[str] = field(default_factory=list[str])
    functions: list[str] = field(default_factory=list[str])


def post_init(definitions: Definitions, type_: Type, constants: dict[str, str], rules: set[str], invariants: list[Invariant]) -> Method:
    """Write the method of one class, without indentation of the class; no lines when the class needs none."""
    if type_.name == "BackboneElement" or (type_.abstract and type_.kind == "resource"):
        return Method()
    elements = definitions.own_elements(type_.name)
    if type_.base == "Quantity":
        elements = definitions.all_elements(type_.name)
    lines: list[str] = _emptiness(definitions, type_) if type_.name != "Element" else []
    lines += _special(definitions, type_, rules)
    for element in elements if type_.name != "Element" else []:
        lines += _required(definitions, element)
        if type_.name != "Extension":
            lines += _choice(definitions, type_, element)
        lines += _nulls(definitions, element, rules)
        lines += _inline_text(definitions, type_, element, rules)
        lines += _references(type_, element, constants, rules)
        lines += _concepts(definitions, type_, element, constants, rules)
        lines += _simple_quantities(element)
        lines += _base64(element, rules)
        lines += _decimals(element, rules)
    lines += _invariant_lines(definitions, type_, invariants)
    if any("check_choice" in line for line in lines):
        rules |= {"astuple", "check_choice"}
        lines.insert(0, "values = astuple(self)")
    functions = [invariant.source for invariant in invariants]
    rules |= runtime_names("\n".join(functions))
    if not lines:
        return Method()
    return Method(["def __post_init__(self) -> None:", *["    " + line for line in lines]], functions)
