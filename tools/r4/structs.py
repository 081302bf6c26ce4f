"""Write msgspec structs for R4 types."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from . import checks, naming
from .bindings import codes
from .definitions import Definitions, Element, Type, TypeUse
from .invariants import Invariant

QUANTITIES = ("Age", "Count", "Distance", "Duration", "Quantity")


@dataclass
class Module:
    """One module to be written: which names it uses, and the source of its classes."""

    definitions: Definitions
    defined: set[str] = field(default_factory=set[str])
    used_types: set[str] = field(default_factory=set[str])
    used_primitives: set[str] = field(default_factory=set[str])
    used_codes: set[str] = field(default_factory=set[str])
    used_rules: set[str] = field(default_factory=set[str])
    constants: dict[str, str] = field(default_factory=dict[str, str])
    invariants: dict[str, list[Invariant]] = field(default_factory=dict[str, list[Invariant]])
    functions: list[str] = field(default_factory=list[str])
    enforced: list[Invariant] = field(default_factory=list[Invariant])
    source: list[str] = field(default_factory=list[str])
    local: frozenset[str] = frozenset()
    quoted: bool = False

    def type_name(self, element: Element, use: TypeUse) -> str:
        """Name the Python type of one use of a type, noting what must be imported or quoted."""
        if use.code in self.definitions.primitives:
            return self._primitive(element, use)
        if use.code == "Resource":
            self.used_types.add("AnyResource")
            self.quoted = True
            return "AnyResource"
        if use.code in self.local:
            self.quoted = self.quoted or use.code not in self.defined
        else:
            self.used_types.add(use.code)
        return use.code

    def _primitive(self, element: Element, use: TypeUse) -> str:
        if use.code == "code" and element.strength == "required" and element.binding:
            if element.binding.endswith("/mimetypes"):
                self.used_primitives.add("MimeType")
                return "MimeType"
            if codes(self.definitions, element.binding):
                alias = naming.literal(element.binding)
                self.used_codes.add(alias)
                return alias
        name = naming.PRIMITIVE_CLASS[use.code]
        *owners, _ = element.path.split(".")
        owner = "Quantity" if owners[0] in QUANTITIES else "".join(part[0].upper() + part[1:] for part in owners)
        if (owner, element.name) in checks.INLINE_TEXTS:
            name = f"Plain{name}"
        if name != "bool":
            self.used_primitives.add(name)
        return name

    def field_lines(self, element: Element) -> Iterable[str]:
        """Write the struct fields of one element."""
        for json_name, use in element.fields():
            primitive = use.code in self.definitions.primitives
            self.quoted = False
            inner = self.type_name(element, use)
            required = element.minimum > 0 and not element.choice and not naming.has_companion(self.definitions, element, use)
            if element.many:
                inner = f"list[{inner} | None]" if primitive else f"list[{inner}]"
                inner = f"Annotated[{inner}, NOT_EMPTY]"
            if not required:
                inner += " | None"
            if self.quoted:
                inner = f'"{inner}"'
            yield f"    {naming.attribute(json_name)}: {inner}{'' if required else ' = None'}"
            if naming.has_companion(self.definitions, element, use):
                yield f"    {naming.companion(json_name)}: {self._companion_type(many=element.many)} = None"

    def _companion_type(self, *, many: bool) -> str:
        quoted = "Element" in self.local and "Element" not in self.defined
        if "Element" not in self.local:
            self.used_types.add("Element")
        inner = "Annotated[list[Element | None], NOT_EMPTY] | None" if many else "Element | None"
        return f'"{inner}"' if quoted else inner

    def add(self, type_: Type) -> None:
        """Write one class."""
        base = type_.base or "Struct"
        if type_.base and type_.base not in self.local:
            self.used_types.add(type_.base)
        options = ", kw_only=True"
        if type_.base is None:
            options += ", omit_defaults=True, forbid_unknown_fields=True, gc=False, rename=json_name"
        if type_.kind == "resource":
            tag = "None" if type_.abstract else f'"{type_.name}"'
            options += "" if type_.abstract else f', tag_field="resourceType", tag={tag}'
        self.source.append(f"class {type_.name}({base}{options}):")
        self.source.append(f'    """{_docstring(type_)}"""')
        self.source.append("")
        own = self.definitions.own_elements(type_.name)
        if type_.kind == "resource" and not type_.abstract:
            self.source.append(f'    resourceType: ClassVar[str] = "{type_.name}"')
        for element in own:
            self.source.extend(self.field_lines(element))
        invariants = self.invariants.get(type_.name, [])
        method = checks.post_init(self.definitions, type_, self.constants, self.used_rules, invariants)
        self.functions.extend(method.functions)
        self.enforced.extend(invariants)
        if method.lines:
            self.source.append("")
            self.source.extend("    " + line for line in method.lines)
        self.source.extend(["", ""])
        self.defined.add(type_.name)


def _docstring(type_: Type) -> str:
    words = " ".join(type_.short.split()) or type_.path
    words = words.replace("\\", "").replace('"', "'").rstrip(".")
    return f"{words} (`{type_.path}`)."


def _typing_names(module: Module, text: str) -> list[str]:
    names = [name for name in ("Annotated", "ClassVar") if f"{name}[" in text]
    if module.functions:
        names.append("Any")
    if "AnyResource" in module.used_types:
        names.append("TYPE_CHECKING")
    return sorted(names)


def _imports(module: Module, extra: Iterable[str]) -> list[str]:
    lines: list[str] = []
    text = "\n".join(module.source)
    if typing_names := _typing_names(module, text):
        lines.append(f"from typing import {', '.join(typing_names)}")
    if "(Struct" in text:
        lines += ["", "from msgspec import Struct"]
    if "NOT_EMPTY" in text:
        module.used_primitives.add("NOT_EMPTY")
    if module.enforced:
        module.used_rules.add("Invariant")
    if "CONCEPT_CODES" in module.used_rules:
        module.used_rules.remove("CONCEPT_CODES")
        module.used_codes.add("CONCEPT_CODES")
    types = module.used_types - {"AnyResource"} - module.local
    imported = {"rules": module.used_rules, "primitives": module.used_primitives, "r4.codes": module.used_codes, "r4.datatypes": types}
    lines.append("")
    lines += [f"from benchside.fhir.{name} import {', '.join(sorted(names))}" for name, names in imported.items() if names]
    lines.extend(extra)
    if "AnyResource" in module.used_types:
        lines += ["", "if TYPE_CHECKING:", "    from benchside.fhir.r4 import AnyResource"]
    return lines


def render(module: Module, title: str, extra_imports: Iterable[str] = ()) -> str:
    """Put a module together."""
    lines = [naming.HEADER.format(title=title), *_imports(module, extra_imports), ""]
    lines += [f"{name} = {value}" for name, value in module.constants.items()]
    lines += ["", "", *("\n".join(module.functions)).split("\n"), "", *module.source]
    return "\n".join([*lines, *_registry(module)]) + "\n"


def _registry(module: Module) -> list[str]:
    if not module.enforced:
        return []
    lines = ["INVARIANTS: tuple[Invariant, ...] = ("]
    for invariant in module.enforced:
        element = repr(invariant.element.name) if invariant.element else "None"
        human = " ".join(invariant.human.split())
        lines.append(
            f"    Invariant({invariant.owner!r}, {element}, {invariant.key!r}, {human!r}, {invariant.function}, "
            f"{invariant.undecided_fails}),"
        )
    return [*lines, ")", '"""What is enforced here, for those who must say what is broken."""']


def _datatype_order(definitions: Definitions) -> list[Type]:
    """Order the data types so that most classes come after those they name."""
    names = {t.name for t in definitions.types.values() if t.kind == "datatype" or (t.kind == "resource" and t.abstract)}
    ordered: list[Type] = []
    placed: set[str] = set()

    def place(name: str, above: tuple[str, ...]) -> None:
        if name in placed or name in above or name not in names:
            return
        type_ = definitions.types[name]
        if type_.base:
            place(type_.base, (*above, name))
        inside = [] if name in ("Element", "BackboneElement") else [*definitions.groups_of(name), type_]
        for inner in inside:
            for element in inner.elements:
                for use in element.types if not (element.choice and len(element.types) > 40) else ():
                    place(use.code, (*above, name))
        if name in placed:
            return
        placed.add(name)
        ordered.extend([*definitions.groups_of(name), type_])

    for name in ("Element", "BackboneElement", *sorted(names)):
        place(name, ())
    return ordered


def datatypes(definitions: Definitions, invariants: dict[str, list[Invariant]]) -> str:
    """Write the module of every data type and of the two abstract resources."""
    ordered = _datatype_order(definitions)
    module = Module(definitions, local=frozenset(t.name for t in ordered), invariants=invariants)
    for type_ in ordered:
        module.add(type_)
    return render(module, "Data types of FHIR R4.", ["from benchside.fhir.primitives import json_name"])


def resource(definitions: Definitions, type_: Type, invariants: dict[str, list[Invariant]]) -> str:
    """Write the module of one resource."""
    members = [*definitions.groups_of(type_.name), type_]
    module = Module(definitions, local=frozenset(t.name for t in members), invariants=invariants)
    for member in members:
        module.add(member)
    return render(module, f"{type_.name}: a resource of FHIR R4.")


def value_sets(definitions: Definitions) -> str:
    """Write one Literal for each value set that a `code` is bound to by strength `required`."""
    urls: set[str] = set()
    concepts: set[str] = set()
    for type_ in definitions.types.values():
        for element in type_.elements:
            bound = element.binding and element.strength == "required" and element.types[0].code == "code"
            if bound and codes(definitions, element.binding or ""):
                urls.add(element.binding or "")
            concept = element.strength == "required" and element.types[0].code == "CodeableConcept" and not element.choice
            if concept and element.binding and codes(definitions, element.binding):
                concepts.add(element.binding)
    lines = [naming.HEADER.format(title="The codes of every value set that R4 binds a `code` to."), "from typing import Literal", ""]
    for url in sorted(urls, key=naming.literal):
        values = ", ".join(f'"{code}"' for code in dict.fromkeys(code for _, code in codes(definitions, url)))
        lines.append(f"{naming.literal(url)} = Literal[{values}]")
        lines.append(f'"""{url}"""')
    lines += ["", "CONCEPT_CODES: dict[str, frozenset[tuple[str | None, str | None]]] = {"]
    for url in sorted(concepts):
        lines.append(f'    "{url}": frozenset((')
        lines += [f"        {pair!r}," for pair in codes(definitions, url)]
        lines.append("    )),")
    lines += ["}", '"""System and code of each concept of the value sets that R4 binds a CodeableConcept to."""']
    return "\n".join(lines) + "\n"


def invariants(definitions: Definitions, enforced: dict[str, list[Invariant]]) -> str:
    """Write the table of every invariant that the structs enforce, by class."""
    modules = ["datatypes"]
    modules += [
        naming.module(t.name)
        for t in definitions.resources()
        if any(member.name in enforced for member in [*definitions.groups_of(t.name), t])
    ]
    lines = [naming.HEADER.format(title="Every invariant of FHIR R4 that the structs enforce."), "from itertools import chain", ""]
    lines += ["from benchside.fhir.rules import Invariant", *[f"from .{name} import INVARIANTS as _{name}" for name in modules], ""]
    lines += ["", "def by_class() -> dict[str, list[Invariant]]:", '    """Group the invariants by the class that checks them."""']
    lines += ["    found: dict[str, list[Invariant]] = {}", "    listed = chain("]
    lines += [f"        _{name}," for name in modules]
    lines += ["    )", "    for invariant in listed:", "        found.setdefault(invariant.owner, []).append(invariant)"]
    return "\n".join([*lines, "    return found"]) + "\n"


def package(definitions: Definitions) -> str:
    """Write the package's own module: every name, the union of all resources, the table of them."""
    resources = definitions.resources()
    lines = [naming.HEADER.format(title="Every resource and data type of FHIR R4 as msgspec structs."), "from typing import Any"]
    lines += ["from . import bundle as _bundle", "from . import datatypes as _datatypes", "from . import parameters as _parameters"]
    lines.append(f"from .datatypes import {', '.join(t.name for t in sorted(_datatype_order(definitions), key=lambda t: t.name))}")
    for type_ in resources:
        names = ", ".join(sorted(t.name for t in [*definitions.groups_of(type_.name), type_]))
        lines.append(f"from .{naming.module(type_.name)} import {names}")
    union = "\n    | ".join(t.name for t in resources)
    lines += ["", f"AnyResource = (\n    {union}\n)", '"""Any resource of R4."""', ""]
    lines += ["RESOURCES: dict[str, type[AnyResource]] = {"]
    lines += [f'    "{t.name}": {t.name},' for t in resources]
    lines += ["}", '"""Each resource by its name."""', ""]
    every = sorted(t.name for t in definitions.types.values())
    lines += ["TYPES: dict[str, type[Any]] = {", *[f'    "{name}": {name},' for name in every], "}"]
    lines += ['"""Each resource, data type and group by its class name."""', ""]
    lines += [
        "# Modules name the union in annotations that msgspec resolves when it first decodes; it exists only now.",
        *[f'setattr(_{name}, "AnyResource", AnyResource)' for name in ("bundle", "datatypes", "parameters")],
        "",
        f"__all__ = {sorted(['AnyResource', 'RESOURCES', 'TYPES', *every])!r}",
    ]
    return "\n".join(lines) + "\n"
