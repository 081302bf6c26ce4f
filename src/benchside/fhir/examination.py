"""The second look: everything that is wrong with a document, each fault with its place and in words for a person.

Walks the JSON beside the element definitions. It must accept exactly what the quick reading accepts: a test changes thousands of documents
at random and compares the two.
"""

from difflib import get_close_matches
from functools import cache
from keyword import iskeyword
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from benchside.fhir import r4
from benchside.fhir.contained import contained_faults
from benchside.fhir.document import Members, UnreadableError, parse
from benchside.fhir.fault import Fault
from benchside.fhir.loose import stand_in
from benchside.fhir.narrative import NOTHING_TO_READ
from benchside.fhir.r4.codes import CONCEPT_CODES
from benchside.fhir.r4.elements import ElementDefinition, ElementType, elements, kind, properties
from benchside.fhir.r4.invariants import by_class
from benchside.fhir.rules import Invariant, type_referred_to
from benchside.fhir.values import shown, wrong, wrong_mime_type

FAULTS_MAX = 10_000
"""A document with more faults than this is not examined further."""
CODES_SHOWN_MAX = 12
MIME_TYPES = "http://hl7.org/fhir/ValueSet/mimetypes"


@cache
def _invariants() -> dict[str, list[Invariant]]:
    return by_class()


def _literal_codes(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    for argument in get_args(annotation):
        found = _literal_codes(argument)
        if found:
            return found
    return ()


@cache
def allowed_codes(type_name: str, field: str) -> tuple[str, ...]:
    """List the codes that a struct field is restricted to; empty when it is not."""
    return _literal_codes(get_type_hints(r4.TYPES[type_name], include_extras=True)[field])


def _python_name(json_name: str) -> str:
    return json_name + "_" if iskeyword(json_name) else json_name


def _as_list(value: Any) -> list[Any] | None:
    return cast("list[Any]", value) if isinstance(value, list) else None


class TooManyFaultsError(Exception):
    """Examination ends here; the faults found so far are told."""


class Examiner:
    """One document being looked at."""

    def __init__(self) -> None:
        """Begin without faults."""
        self.faults: list[Fault] = []

    def add(self, path: str, code: str, message: str, key: str | None = None) -> None:
        """Note a fault."""
        if len(self.faults) >= FAULTS_MAX:
            raise TooManyFaultsError
        self.faults.append(Fault(path, code, message, key))

    def resource(self, value: Any, path: str) -> Any:
        """Look at a resource of any type; returns its stand-in, None when it cannot even be named."""
        if not isinstance(value, Members):
            self.add(path, "structure", f"must be a resource; found {shown(value)}")
            return None
        name = value.get("resourceType")
        if not isinstance(name, str) or name not in r4.RESOURCES:
            known = get_close_matches(name, r4.RESOURCES, 1) if isinstance(name, str) else []
            hint = f"; did you mean {known[0]}?" if known else ""
            self.add(path, "structure", f"resourceType must name a resource of FHIR R4; found {shown(name)}{hint}")
            return None
        return self.struct(value, name, path or name)

    def struct(self, value: Any, type_name: str, path: str) -> Any:
        """Look at one object of a known type; returns its stand-in."""
        loose = stand_in(type_name)()
        if not isinstance(value, Members):
            self.add(path, "structure", f"must be an object ({{...}}); found {shown(value)}")
            return loose
        before = len(self.faults)
        for name in value.repeated:
            self.add(f"{path}.{name}", "structure", "is given more than once; one of them would be lost")
        if not value:
            self.add(path, "invariant", "must not be empty; leave the element out", "ele-1")
        self._unknown(value, type_name, path)
        for definition in elements(type_name).values():
            self._element(value, definition, type_name, path, loose)
        if len(self.faults) == before:
            self._whole(loose, type_name, path, value)
        return loose

    def _unknown(self, value: Members, type_name: str, path: str) -> None:
        known = properties(type_name)
        for name in value:
            plain = name.removeprefix("_")
            if name == "resourceType" and kind(type_name) == "resource":
                continue
            if plain not in known:
                close = get_close_matches(plain, known, 1)
                hint = f"; did you mean {close[0]}?" if close else ""
                self.add(f"{path}.{name}", "structure", f"there is no such element in {type_name}{hint}")
            elif name != plain:
                definition, use = known[plain]
                if not use.primitive or not definition.companion:
                    self.add(f"{path}.{name}", "structure", f"{plain} cannot have extensions of this form; remove {name}")

    def _element(self, value: Members, definition: ElementDefinition, type_name: str, path: str, loose: Any) -> None:
        given = [(name, use) for name, use in definition.properties if name in value or f"_{name}" in value]
        if definition.choice and len(given) > 1:
            names = ", ".join(name for name, _ in given)
            self.add(path, "structure", f"only one of {names} may be given")
        if not given and definition.min:
            if definition.choice:
                names = ", ".join(name for name, _ in definition.properties[:CODES_SHOWN_MAX])
                self.add(path, "required", f"one of {names} is required")
            else:
                self.add(f"{path}.{definition.name}", "required", f"{definition.name} is required")
        for name, use in given:
            if use.primitive:
                self._primitive(value, name, use, definition, type_name, path, loose)
            elif name in value:
                held = self._listed(value[name], definition, f"{path}.{name}")
                made = [self._complex(item, definition, use, where) for item, where in held]
                if made:
                    setattr(loose, _python_name(name), made if definition.max is None else made[0])

    def _listed(self, held: Any, definition: ElementDefinition, path: str) -> list[tuple[Any, str]]:
        """Spread a value over its places: a list when the element repeats, itself when not."""
        listed = _as_list(held)
        if definition.max is not None:
            if listed is not None:
                self.add(path, "structure", "must be one value, not a list: remove the [ ]")
                return []
            if held is None:
                self.add(path, "structure", "must not be null; leave the element out")
                return []
            return [(held, path)]
        if listed is None:
            self.add(path, "structure", "must be a list, even of one: put it into [ ]")
            return []
        if not listed:
            self.add(path, "structure", "must not be an empty list; leave the element out")
        return [(item, f"{path}[{place}]") for place, item in enumerate(listed)]

    def _complex(self, value: Any, definition: ElementDefinition, use: ElementType, path: str) -> Any:
        if use.code == "Resource":
            return self.resource(value, path)
        loose = self.struct(value, use.code, path)
        if use.code == "Reference":
            self._target(loose, use, path)
        elif use.code == "CodeableConcept" and definition.strength == "required" and not definition.choice:
            self._concept(loose, definition, path)
        elif "SimpleQuantity" in use.profiles and loose.comparator is not None:
            self.add(f"{path}.comparator", "invariant", "a comparator (<, > ...) is not allowed here", "sqty-1")
        return loose

    def _target(self, reference: Any, use: ElementType, path: str) -> None:
        if not isinstance(reference.reference, str) or not use.targets or "Resource" in use.targets:
            return
        named = type_referred_to(reference.reference)
        if named is not None and named not in use.targets:
            self.add(f"{path}.reference", "value", f"must refer to one of {', '.join(use.targets)}; found {shown(reference.reference)}")

    def _concept(self, concept: Any, definition: ElementDefinition, path: str) -> None:
        codes = CONCEPT_CODES.get(definition.binding or "")
        if codes is None or (concept.coding is None and concept.extension is not None and concept.text is None):
            return
        given = [(coding.system, coding.code) for coding in concept.coding or ()]
        if not any(pair in codes for pair in given):
            listed = ", ".join(sorted({code for _, code in codes if code is not None})[:CODES_SHOWN_MAX])
            self.add(path, "code-invalid", f"must have a coding of the value set {definition.binding}: {listed}")

    def _primitive(
        self, value: Members, name: str, use: ElementType, definition: ElementDefinition, type_name: str, path: str, loose: Any
    ) -> None:
        """Look at a primitive, or a list of them, together with what hangs on it (`_birthDate`)."""
        here = f"{path}.{name}"
        beside = f"_{name}" in value and definition.companion
        if definition.max is not None:
            sound = None
            if name in value:
                sound = self._plain(value[name], use, definition, type_name, name, here) if value[name] is not None else None
                if value[name] is None:
                    self.add(here, "structure", "must not be null; leave the element out")
            if beside:
                element = self._companion(value[f"_{name}"], f"{path}._{name}", has_value=name in value)
                setattr(loose, f"{name}_element", element)
            setattr(loose, _python_name(name), sound)
            return
        values = self._list_of(value, name, here) if name in value else None
        companions = self._list_of(value, f"_{name}", f"{path}._{name}") if beside else None
        if values is not None and companions is not None and len(values) != len(companions):
            self.add(here, "structure", f"must have as many entries as _{name}; fill the gaps with null")
        made: list[Any] = []
        elements_made: list[Any] = []
        for place in range(max(len(values or ()), len(companions or ()))):
            item = values[place] if values is not None and place < len(values) else None
            extra = companions[place] if companions is not None and place < len(companions) else None
            where = f"{here}[{place}]"
            if item is None and extra is None:
                self.add(where, "structure", f"must not be null unless _{name} has something to say in its place")
            made.append(None if item is None else self._plain(item, use, definition, type_name, name, where))
            is_there = item is not None
            elements_made.append(None if extra is None else self._companion(extra, f"{path}._{name}[{place}]", has_value=is_there))
        if values:
            setattr(loose, _python_name(name), made)
        if companions:
            setattr(loose, f"{name}_element", elements_made)

    def _list_of(self, value: Members, name: str, path: str) -> list[Any] | None:
        listed = _as_list(value[name])
        if listed is None:
            self.add(path, "structure", "must be a list, even of one: put it into [ ]")
        elif not listed:
            self.add(path, "structure", "must not be an empty list; leave the element out")
        return listed

    def _companion(self, value: Any, path: str, *, has_value: bool) -> Any:
        if value is None:
            self.add(path, "structure", "must not be null; leave the element out")
            return None
        loose = self.struct(value, "Element", path)
        if isinstance(value, Members) and value and not has_value and "extension" not in value:
            self.add(path, "invariant", "must have a value or extensions", "ele-1")
        return loose

    def _plain(self, value: Any, use: ElementType, definition: ElementDefinition, type_name: str, name: str, path: str) -> Any:
        """Look at one primitive value; returns it when it is sound."""
        if isinstance(value, Members | list):
            self.add(path, "structure", f"must be a single value ({use.code}); found {shown(value)}")
            return None
        if use.code == "code" and isinstance(value, str):
            codes = allowed_codes(type_name, _python_name(name))
            if codes:
                if value in codes:
                    return value
                listed = ", ".join(codes[:CODES_SHOWN_MAX]) + (", ..." if len(codes) > CODES_SHOWN_MAX else "")
                self.add(path, "code-invalid", f"{name} must be one of {listed}; found {shown(value)}")
                return None
        faults = wrong(use.code, value)
        if not faults and definition.binding == MIME_TYPES and definition.strength == "required" and use.code == "code":
            words = wrong_mime_type(value)
            faults = [words] if words else []
        for words in faults:
            if use.code == "xhtml" and isinstance(value, str):
                self.add(path, "invariant", words, "txt-2" if words == NOTHING_TO_READ else "txt-1")
            else:
                self.add(path, "value", f"{name} {words}")
        return None if faults else value

    def _whole(self, loose: Any, type_name: str, path: str, value: Members) -> None:
        """Ask the rules about an object whose parts are sound."""
        if type_name == "Extension":
            has_value = any(name.removeprefix("_").startswith("value") for name in value)
            if has_value == ("extension" in value):
                self.add(path, "invariant", "an extension must have a value or extensions of its own, and not both", "ext-1")
        elif type_name != "Element" and kind(type_name) != "resource" and all(name == "id" for name in value):
            self.add(path, "invariant", "must have a value or elements beside its id", "ele-1")
        around = (loose, loose) if kind(type_name) == "resource" else (None, None)
        for invariant in _invariants().get(type_name, ()):
            if invariant.element is None:
                self._ask(invariant, loose, around, path)
                continue
            held = getattr(loose, _python_name(invariant.element))
            items = _as_list(held)
            if items is not None:
                for place, item in enumerate(items):
                    self._ask(invariant, item, around, f"{path}.{invariant.element}[{place}]")
            elif held is not None:
                self._ask(invariant, held, around, f"{path}.{invariant.element}")

    def _ask(self, invariant: Invariant, value: Any, around: tuple[Any, Any], path: str) -> None:
        answer = invariant.holds(value, *around)
        if answer is False or (answer is None and invariant.undecided_fails):
            self.add(path, "invariant", invariant.human, invariant.key)


def examine(raw: bytes) -> tuple[Fault, ...]:
    """Tell everything that is wrong with a document that should be one resource; empty when nothing is."""
    try:
        document = parse(raw)
    except UnreadableError as error:
        return (Fault("", "structure", str(error)),)
    examiner = Examiner()
    try:
        loose = examiner.resource(document, "")
        if loose is not None and not examiner.faults:
            examiner.faults.extend(contained_faults(loose))
    except TooManyFaultsError:
        pass
    except RecursionError:
        return (Fault("", "structure", "the document is nested too deeply"),)
    return tuple(examiner.faults)
