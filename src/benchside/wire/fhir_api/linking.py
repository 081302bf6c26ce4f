"""References of a transaction: from how its entries name each other to where they will be kept.

Three forms are resolved: a `fullUrl` of the same bundle (urn:uuid, or an address of another server), a relative reference
beside a fullUrl that is an address, and a conditional reference (`Patient?identifier=system|value`).
Sources: https://hl7.org/fhir/R4/http.html#trules, bundle.html#references, http.html#trules (conditional references).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec

from benchside.fhir import Fault, primitives, r4
from benchside.fhir.references import references

NARRATIVE_LINK = re.compile(r"""(?<=[\s])(href|src)\s*=\s*(["'])(.*?)\2""", re.DOTALL)
ADDRESS = re.compile(r"^(https?://.+)/([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})$")

Select = Callable[[str, str], str]
"""Resource type and query of a conditional reference to "Type/id"; raises ValueError with the reason when it selects no one resource."""


@dataclass(slots=True)
class Linker:
    """Rewrites the references of a bundle's entries; `places` maps each fullUrl to "Type/id"; `faults` collects what leads nowhere."""

    places: Mapping[str, str]
    select: Select
    faults: list[Fault] = field(default_factory=list[Fault])
    rewritten: int = 0
    _selected: dict[str, str | ValueError] = field(default_factory=dict[str, str | ValueError])

    def link(self, resource: Any, full_url: str | None, path: str) -> None:
        """Rewrite every Reference in `resource`, which came with `full_url`; `path` is where its paths begin."""
        root = _root_of(full_url)
        for where, reference in references(resource, path):
            text = reference.reference
            if text is None or text[0] == "#":
                continue
            place = self._place_of(text, root, f"{where}.reference")
            if place is not None:
                reference.reference = place
                self.rewritten += 1

    def _place_of(self, text: str, root: str | None, where: str) -> str | None:
        """Where `text` leads, None when it stays as it is."""
        place = place_in(self.places, text, root)
        if place is not None:
            return place
        if text.startswith(("urn:uuid:", "urn:oid:")):
            message = f"{text} is the fullUrl of no entry that this bundle creates or updates; add the entry or mend the reference."
            self.faults.append(Fault(where, "not-found", message))
            return None
        kind, mark, query = text.partition("?")
        if mark and kind in r4.RESOURCES:
            return self._conditional(text, kind, query, where)
        return None

    def _conditional(self, text: str, kind: str, query: str, where: str) -> str | None:
        found = self._selected.get(text)
        if found is None:
            try:
                found = self.select(kind, query)
            except ValueError as reason:
                found = reason
            self._selected[text] = found
        if isinstance(found, ValueError):
            self.faults.append(Fault(where, "not-found", str(found)))
            return None
        return found

    def link_addresses(self, resource: Any, full_url: str | None) -> None:
        """Rewrite what is no Reference but may name an entry too: elements of type uri, url, uuid, oid, and links in narratives."""
        _rewrite_addresses(resource, self.places, _root_of(full_url))


def place_in(places: Mapping[str, str], text: str, root: str | None) -> str | None:
    """Where `text` leads by the fullUrls in `places`; its version or fragment is dropped, since both will be new."""
    place = places.get(text)
    if place is not None:
        return place
    plain = text.partition("#")[0].partition("/_history/")[0]
    place = places.get(plain)
    if place is None and root is not None and ":" not in plain:
        place = places.get(f"{root}/{plain}")
    return place


def _root_of(full_url: str | None) -> str | None:
    match = ADDRESS.match(full_url) if full_url is not None else None
    return match.group(1) if match else None


URI_TYPES = (primitives.Uri, primitives.Url, primitives.Oid, primitives.Uuid)


@cache
def _members(kind: type[msgspec.Struct]) -> tuple[tuple[str, bool, bool], ...]:
    """Elements of a struct that may hold an address or lead to one: name, whether it is an address itself, whether it is a narrative's."""
    found: list[tuple[str, bool, bool]] = []
    hints = get_type_hints(kind, include_extras=True)
    for name in kind.__struct_fields__:
        parts = tuple(_parts(hints[name]))
        is_address = any(part in URI_TYPES for part in parts)
        leads = any(isinstance(part, type) and issubclass(part, msgspec.Struct) for part in parts)
        narrative = kind is r4.Narrative and name == "div"
        if is_address or narrative or leads:
            found.append((name, is_address, narrative))
    return tuple(found)


def _parts(hint: Any) -> list[Any]:
    """The hint itself and everything inside it, without taking apart the primitive types."""
    if hint in URI_TYPES:
        return [hint]
    return [hint, *(part for argument in get_args(hint) for part in _parts(argument))]


def _rewrite_addresses(node: Any, places: Mapping[str, str], root: str | None) -> None:
    for name, is_address, narrative in _members(type(node)):
        value = getattr(node, name)
        if value is None:
            continue
        if narrative:
            node.div = NARRATIVE_LINK.sub(lambda match: _narrative_link(match, places, root), value)
        elif isinstance(value, str):
            place = place_in(places, value, None) if is_address else None
            if place is not None:
                setattr(node, name, place)
        elif isinstance(value, list):
            for position, item in enumerate(value):
                if isinstance(item, msgspec.Struct):
                    _rewrite_addresses(item, places, root)
                elif is_address and isinstance(item, str):
                    value[position] = place_in(places, item, None) or item
        elif isinstance(value, msgspec.Struct):
            _rewrite_addresses(value, places, root)


def _narrative_link(match: "re.Match[str]", places: Mapping[str, str], root: str | None) -> str:
    place = place_in(places, match.group(3), root)
    return match.group(0) if place is None else f"{match.group(1)}={match.group(2)}{place}{match.group(2)}"
