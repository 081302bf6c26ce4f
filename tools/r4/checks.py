"""Write `__post_init__`: what a struct must hold beyond what its annotations can say.

Choice elements, required elements that may be an extension alone, the resource types a Reference may point at, required bindings of
concepts, and invariants. A class that has none of these gets no method, and costs nothing when it is read.
"""

from . import naming
from .bindings import codes
from .definitions import Definitions, Element, Type, TypeUse

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
    limit = "True" if element.minimum else "False"
    return [
        f"if astuple(self)[{start}:{stop}].count(None) != {stop - start - 1}:",
        f"    check_choice(self, {start}, {stop}, required={limit})",
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
    constant = f"_{type_.name}_{element.name}".upper() + "_CODES"
    constants[constant] = f"frozenset({set(listed)!r})" if False else "frozenset({" + ", ".join(map(repr, listed)) + "})"
    name = _attribute(element.name)
    if element.many:
        return [f"for concept in {name} or ():", f"    check_concept(concept, {constant})"]
    return [f"if {name} is not None:", f"    check_concept({name}, {constant})"]


def _base64(element: Element, rules: set[str]) -> list[str]:
    lines: list[str] = []
    for json_name, use in element.fields():
        if use.code == "base64Binary":
            rules.add("check_base64")
            lines += [f"if {_attribute(json_name)} is not None:", f"    check_base64({_attribute(json_name)})"]
    return lines


def post_init(definitions: Definitions, type_: Type, constants: dict[str, str], rules: set[str]) -> list[str]:
    """Write the method of one class, without indentation of the class; empty when the class needs none."""
    if type_.abstract or type_.name in ("Element", "BackboneElement"):
        return []
    elements = definitions.own_elements(type_.name)
    if type_.base == "Quantity":
        elements = definitions.all_elements(type_.name)
    lines: list[str] = []
    for element in elements:
        lines += _required(definitions, element)
        lines += _choice(definitions, type_, element)
        lines += _references(type_, element, constants, rules)
        lines += _base64(element, rules)
        lines += _concepts(definitions, type_, element, constants, rules)
    if any("check_choice" in line for line in lines):
        rules |= {"astuple", "check_choice"}
    if not lines:
        return []
    return ["def __post_init__(self) -> None:", *["    " + line for line in lines]]
