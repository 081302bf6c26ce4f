"""A second opinion on search: slow, straightforward, over JSON, and independent of the product's own search.

Values are found by `fhirpathpy` with HL7's own expressions; queries are read here anew. `matches` says whether one
resource meets a query, `sort_keys` what it is ordered by. Source: https://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import fhirpathpy
from fhirpathpy.models import models

from tests.fhir.search.official import package_folder

JSON = dict[str, Any]
Pairs = Sequence[tuple[str, str]]

BASE_TYPES = ("Resource", "DomainResource")
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)

IMPLICIT_SYSTEMS = {
    ("Patient", "gender"): "http://hl7.org/fhir/administrative-gender",
    ("Practitioner", "gender"): "http://hl7.org/fhir/administrative-gender",
    ("Observation", "status"): "http://hl7.org/fhir/observation-status",
    ("Encounter", "status"): "http://hl7.org/fhir/encounter-status",
    ("ServiceRequest", "status"): "http://hl7.org/fhir/request-status",
    ("ServiceRequest", "intent"): "http://hl7.org/fhir/request-intent",
    ("ServiceRequest", "priority"): "http://hl7.org/fhir/request-priority",
}
"""Systems of elements of type code, from the pages of the resources."""


@lru_cache(maxsize=1)
def case_sensitive() -> frozenset[str]:
    """Systems whose definition says so; and UCUM, of which search.html says it."""
    found = {"http://unitsofmeasure.org"}
    for file in package_folder("hl7.fhir.r4.examples").glob("CodeSystem-*.json"):
        definition = json.loads(file.read_bytes())
        if definition.get("caseSensitive"):
            found.add(definition["url"])
    return frozenset(found)


@lru_cache(maxsize=1)
def strict_hierarchies() -> dict[str, list[str]]:
    """By type, the elements that R4's definitions mark as a strict hierarchy of resources of that type; partOf first."""
    found: dict[str, list[str]] = {}
    for file in sorted(package_folder("hl7.fhir.r4.examples").glob("StructureDefinition-*.json")):
        document = json.loads(file.read_bytes())
        for element in document.get("snapshot", {}).get("element", ()):
            for kind in element.get("type", ()):
                marks = [
                    each["valueBoolean"] for each in kind.get("extension", ()) if each["url"].endswith("structuredefinition-hierarchy")
                ]
                if marks == [True] and kind["code"] == "Reference" and document["kind"] == "resource":
                    found.setdefault(document["id"], []).append(element["path"].partition(".")[2])
    return {name: sorted(elements, key=lambda each: each != "partOf") for name, elements in found.items()}


@lru_cache(maxsize=1)
def definitions() -> dict[tuple[str, str], JSON]:
    """HL7's search parameters by base type and code."""
    found: dict[tuple[str, str], JSON] = {}
    for file in sorted(package_folder("hl7.fhir.r4.examples").glob("SearchParameter-*.json")):
        definition = json.loads(file.read_bytes())
        if definition["id"].startswith("example") or "expression" not in definition:
            continue
        for base in definition.get("base", ()):
            found.setdefault((base, definition["code"]), definition)
    return found


def definition(resource_type: str, code: str) -> JSON:
    """The parameter `code` of `resource_type`; KeyError when there is none."""
    known = definitions()
    for base in (resource_type, *BASE_TYPES):
        if (base, code) in known:
            return known[base, code]
    raise KeyError(f"{resource_type}.{code}")


def is_known(resource_type: str, code: str) -> bool:
    """Whether the type has such a parameter."""
    try:
        return bool(code.startswith("_has") or definition(resource_type, code))
    except KeyError:
        return False


@cache
def _evaluator(expression: str) -> Callable[[JSON], list[Any]]:
    # fhirpathpy follows N1, where `as` takes one item; R4's expressions mean ofType
    written = re.sub(r"\(([A-Za-z.]+) as ([A-Za-z]+)\)", r"\1.ofType(\2)", expression)
    return fhirpathpy.compile(re.sub(r"\.as\(", ".ofType(", written), models["r4"])  # type: ignore[no-any-return] # no types


def own_expressions(resource_type: str, code: str) -> list[tuple[str, str | None]]:
    """The operands of the expression about this type, each with the type its references are restricted to."""
    parts = re.split(r"\s*\|\s*", definition(resource_type, code)["expression"])
    own: list[tuple[str, str | None]] = []
    for part in parts:
        head = re.match(r"\(?([A-Za-z]+)", part)
        if head is None or (head[1] not in (resource_type, *BASE_TYPES) and head[1][0].isupper()):
            continue
        restriction = re.search(r"\.where\(resolve\(\) is (\w+)\)", part)
        plain = part[: restriction.start()] if restriction else part
        plain = re.sub(r"^(\(?)(Resource|DomainResource)\.", rf"\1{resource_type}.", plain)
        own.append((plain, restriction[1] if restriction else None))
    return own


def values(resource: JSON, code: str) -> list[Any]:
    """What HL7's expression gives for the parameter, as JSON."""
    found: list[Any] = []
    for expression, restriction in own_expressions(resource["resourceType"], code):
        held = _evaluator(expression)(resource)
        found.extend(value for value in held if restriction is None or _refers_to(value, restriction))
    return found


def _refers_to(value: Any, resource_type: str) -> bool:
    return isinstance(value, dict) and f"{resource_type}/" in value.get("reference", "")


# Reading what a resource holds


def span(text: str) -> tuple[datetime, datetime]:
    """First and last microsecond of a FHIR date; dates without offset are in UTC here."""
    date_part, _, time_part = text.partition("T")
    numbers = [int(part) for part in date_part.split("-")]
    if not time_part:
        year, month, day = (*numbers, 1, 1)[:3]
        start = datetime(year, month, day, tzinfo=UTC)
        if len(numbers) == 3:
            after = start + timedelta(days=1)
        elif len(numbers) == 2:
            after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        else:
            after = datetime(year + 1, 1, 1, tzinfo=UTC)
        return start, after - timedelta(microseconds=1)
    clock, offset = re.fullmatch(r"([\d:.]+)(Z|[+-]\d\d:\d\d)?", time_part).groups()  # type: ignore[union-attr] # valid dates only
    shown = text if offset else f"{text}Z"
    if clock.count(":") == 1:
        shown = shown.replace(clock, f"{clock}:00")
    start = datetime.fromisoformat(shown).astimezone(UTC)
    width = timedelta(minutes=1) if clock.count(":") == 1 else timedelta(seconds=1)
    if "." in clock:
        width = timedelta(microseconds=10 ** max(6 - len(clock.partition(".")[2]), 0))
    return start, start + width - timedelta(microseconds=1)


def date_spans(found: Sequence[Any]) -> list[tuple[datetime, datetime]]:
    """Spans of dates, Periods and Timings."""
    spans: list[tuple[datetime, datetime]] = []
    for value in found:
        if isinstance(value, str):
            spans.append(span(value))
        elif "start" in value or "end" in value:
            spans.append((span(value["start"])[0] if "start" in value else FIRST, span(value["end"])[1] if "end" in value else LAST))
        else:
            inner = [*value.get("event", ()), *([value["repeat"]["boundsPeriod"]] if "boundsPeriod" in value.get("repeat", {}) else [])]
            reached = date_spans(inner)
            if reached:
                spans.append((min(start for start, _ in reached), max(stop for _, stop in reached)))
    return spans


def tokens(resource_type: str, code: str, found: Sequence[Any]) -> list[tuple[str, str]]:
    """(system, code) of everything a token parameter can hold."""
    pairs: list[tuple[str, str]] = []
    for value in found:
        if isinstance(value, bool):
            pairs.append(("http://terminology.hl7.org/CodeSystem/special-values", str(value).lower()))
        elif isinstance(value, str):
            pairs.append((IMPLICIT_SYSTEMS.get((resource_type, code), ""), value))
        elif "coding" in value:
            pairs.extend((coding.get("system", ""), coding.get("code", "")) for coding in value["coding"])
        elif "system" in value or "code" in value or "value" in value:
            pairs.append((value.get("system", ""), value.get("code") or value.get("value", "")))
    return pairs


def token_texts(found: Sequence[Any]) -> list[str]:
    """The words a token parameter's `:text` looks at."""
    texts: list[str] = []
    for value in found:
        if isinstance(value, dict):
            texts.extend(coding["display"] for coding in value.get("coding", ()) if "display" in coding)
            texts.extend(value[name] for name in ("text", "display") if name in value)
            if isinstance(value.get("type"), dict) and "text" in value["type"]:
                texts.append(value["type"]["text"])
    return texts


def strings(found: Sequence[Any]) -> list[str]:
    """Texts of strings, and of all parts of names and addresses."""
    texts: list[str] = []
    for value in found:
        if isinstance(value, str):
            texts.append(value)
            continue
        for name in ("text", "family", "given", "prefix", "suffix", "line", "city", "district", "state", "postalCode", "country"):
            held = value.get(name, ())
            texts.extend([held] if isinstance(held, str) else held)
    return texts


def references(found: Sequence[Any]) -> list[str]:
    """Where references and canonicals point."""
    texts = [value if isinstance(value, str) else value.get("reference", "") for value in found]
    return [text for text in texts if text]


def quantities(found: Sequence[Any]) -> list[tuple[Decimal, str, str, str]]:
    """(value, system, code, unit) of quantities, ranges, money and sampled data."""
    rows: list[tuple[Decimal, str, str, str]] = []
    for value in found:
        if not isinstance(value, dict):
            rows.append((Decimal(value), "", "", ""))
        elif "low" in value or "high" in value:
            rows.extend(quantities([value[name] for name in ("low", "high") if name in value]))
        elif "origin" in value:
            rows.extend(quantities([value["origin"]]))
        elif "currency" in value:
            rows.append((Decimal(value["value"]), "urn:iso:std:iso:4217", value["currency"], value["currency"]))
        elif "value" in value:
            rows.append((Decimal(value["value"]), value.get("system", ""), value.get("code", ""), value.get("unit", "")))
    return rows


def folded(text: str) -> str:
    """Text without case, accents and doubled spaces."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter))
    return " ".join(plain.split())


# Comparing with what is asked


def split(text: str, separator: str) -> list[str]:
    """The parts between separators without a backslash before them."""
    return re.split(rf"(?<!\\){re.escape(separator)}", text)


def unescape(text: str) -> str:
    """The text that is meant."""
    return re.sub(r"\\([,|$\\])", r"\1", text)


def prefixed(text: str) -> tuple[str, str]:
    """The prefix (eq when there is none) and the rest."""
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)


def date_meets(held: tuple[datetime, datetime], asked: str) -> bool:
    """Whether a span meets a prefixed date."""
    prefix, text = prefixed(asked)
    low, high = span(text)
    start, stop = held
    within = low <= start and stop <= high
    return {
        "eq": within,
        "ne": not within,
        "gt": stop > high,
        "lt": start < low,
        "ge": stop > high or within,
        "le": start < low or within,
        "sa": start > high,
        "eb": stop < low,
        "ap": start <= high and stop >= low,
    }[prefix]


def number_meets(held: Decimal | Fraction, asked: str) -> bool:
    """Whether a number meets a prefixed number."""
    prefix, text = prefixed(asked)
    value = Fraction(text)
    digits = len(text.partition(".")[2])
    half = Fraction(1, 2 * 10**digits)
    if prefix == "ap":
        half = max(half, abs(value) / 10)
    held = Fraction(held)
    within = value - half <= held < value + half
    return {
        "eq": within,
        "ap": within,
        "ne": not within,
        "gt": held > value,
        "sa": held > value,
        "lt": held < value,
        "eb": held < value,
        "ge": held >= value,
        "le": held <= value,
    }[prefix]


def same_code(held: tuple[str, str], code: str, *, identifier: bool) -> bool:
    """Whether a code is the one asked: with its case for Identifiers and in systems said to be case-sensitive, else without."""
    if identifier or held[0] in case_sensitive():
        return held[1] == code
    return held[1].casefold() == code.casefold()


def token_meets(held: tuple[str, str], asked: str, *, identifier: bool = False) -> bool:
    """Whether (system, code) meets `[system]|[code]` in any of its forms."""
    parts = [unescape(part) for part in split(asked, "|")]
    if len(parts) == 1:
        return same_code(held, parts[0], identifier=identifier)
    system, code = parts
    return held[0] == system and (not code or same_code(held, code, identifier=identifier))


UCUM_FACTORS = {
    "mg": ("mass", "1"),
    "g": ("mass", "1000"),
    "ug": ("mass", "0.001"),
    "mm[Hg]": ("pressure", "133.322"),
    "kPa": ("pressure", "1000"),
    "min": ("time", "60"),
    "h": ("time", "3600"),
}
"""Units of the random records in one unit of their kind, from UCUM's tables."""


def ucum_meets(held: Decimal, unit: str, asked: str, code: str) -> bool:
    """Whether a value in one UCUM unit meets a number asked in another, in exact fractions."""
    if unit not in UCUM_FACTORS or code not in UCUM_FACTORS or UCUM_FACTORS[unit][0] != UCUM_FACTORS[code][0]:
        return False
    ratio = Fraction(UCUM_FACTORS[unit][1]) / Fraction(UCUM_FACTORS[code][1])
    return number_meets(Fraction(held) * ratio, asked)


def quantity_meets(held: tuple[Decimal, str, str, str], asked: str) -> bool:
    """Whether a quantity meets `[number]|[system]|[code]`; in UCUM after conversion."""
    number, system, code = ([unescape(part) for part in split(asked, "|")] + ["", ""])[:3]
    if code and system == held[1] == "http://unitsofmeasure.org":
        return ucum_meets(held[0], held[2], number, code)
    if not number_meets(held[0], number):
        return False
    if not code:
        return True
    return (held[1], held[2]) == (system, code) if system else code in held[2:]


def reference_meets(held: str, asked: str, resource_type: str | None) -> bool:
    """Whether a reference meets an id, a type and id, or a url."""
    if "/" in asked or ":" in asked:
        return asked in (held, held.partition("|")[0], held.partition("/_history/")[0])
    kind, _, own = held.rpartition("/")
    return own == asked and (resource_type is None or kind == resource_type)


def uri_meets(held: str, asked: str, modifier: str) -> bool:
    """Whether a uri equals, is above or is below another."""
    if modifier == "below":
        return held == asked or held.startswith(asked.rstrip("/") + "/")
    if modifier == "above":
        return held == asked or asked.startswith(held.rstrip("/") + "/")
    return held == asked


def string_meets(held: str, asked: str, modifier: str) -> bool:
    """Whether a text meets another, by its modifier."""
    if modifier == "exact":
        return held == asked
    return folded(asked) in folded(held) if modifier == "contains" else folded(held).startswith(folded(asked))


def is_contact(value: JSON) -> bool:
    """Whether this is a ContactPoint and no Identifier."""
    return value.get("system") in ("phone", "fax", "email", "pager", "url", "sms", "other")


def known_as(resource: JSON) -> set[str]:
    """What a reference to the resource may say: its type and id, its canonical url without and with its version."""
    names = {f"{resource['resourceType']}/{resource['id']}"}
    if "url" in resource and "status" in resource:
        names |= {resource["url"], *([f"{resource['url']}|{resource['version']}"] if "version" in resource else [])}
    return names


class Naive:
    """A set of resources, and what value sets are known."""

    def __init__(self, resources: Sequence[JSON], value_sets: Mapping[str, Sequence[tuple[str, str]]] | None = None) -> None:
        """Know `resources` for chains and `_has`, and `value_sets` for `:in`."""
        self.resources = list(resources)
        self.value_sets = value_sets or {}

    def matches(self, resource: JSON, pairs: Pairs) -> bool:
        """Whether `resource` meets every filter of `pairs`; parameters of the result are left out."""
        results = ("_sort", "_count", "_total", "_summary", "_elements", "_include", "_revinclude", "_type")
        return all(self._meets(resource, name, asked) for name, asked in pairs if name.partition(":")[0] not in results)

    def _meets(self, resource: JSON, name: str, asked: str) -> bool:
        if name.startswith("_has:"):
            return self._pointed_at(resource, name, asked)
        first, dot, rest = name.partition(".")
        code, _, modifier = first.partition(":")
        if dot:
            return self._chain(resource, code, modifier, rest, asked)
        if code == "_id":
            return resource["id"] in [unescape(part) for part in split(asked, ",")]
        if code == "_lastUpdated":
            start, _ = span(resource["meta"]["lastUpdated"])
            return any(date_meets((start, start + timedelta(microseconds=999)), part) for part in split(asked, ","))
        found = values(resource, code)
        if modifier == "missing":
            return bool(found) != (asked == "true")
        met = any(self._value_meets(resource, code, modifier, found, part) for part in split(asked, ","))
        return not met if modifier in ("not", "not-in") else met

    def _chain(self, resource: JSON, code: str, target: str, rest: str, asked: str) -> bool:
        pointed = set(references(values(resource, code)))
        own = rest.partition(".")[0].partition(":")[0]
        for other in self.resources:
            kind = other["resourceType"]
            if not known_as(other) & pointed or (target and kind != target):
                continue
            if is_known(kind, own) and self._meets(other, rest, asked):
                return True
        return False

    def _pointed_at(self, resource: JSON, name: str, asked: str) -> bool:
        _, source, code, rest = name.split(":", 3)
        own = known_as(resource)
        return any(
            own & set(references(values(other, code))) and self._meets(other, rest, asked)
            for other in self.resources
            if other["resourceType"] == source
        )

    def _value_meets(self, resource: JSON, code: str, modifier: str, found: list[Any], asked: str) -> bool:
        resource_type = resource["resourceType"]
        known = definition(resource_type, code)
        kind = known["type"]
        if kind == "token":
            return self._token_meets(resource_type, code, modifier, found, asked)
        if kind == "string":
            return any(string_meets(held, unescape(asked), modifier) for held in strings(found))
        if kind == "date":
            return any(date_meets(held, asked) for held in date_spans(found))
        if kind == "number":
            return any(number_meets(held[0], asked) for held in quantities(found))
        if kind == "quantity":
            return any(quantity_meets(held, asked) for held in quantities(found))
        if kind == "uri":
            return any(uri_meets(held, unescape(asked), modifier) for held in found)
        if kind == "composite":
            return self._composite_meets(resource, known, asked)
        if modifier == "identifier":
            named = [value["identifier"] for value in found if isinstance(value, dict) and "identifier" in value]
            return any(token_meets(held, asked) for held in tokens(resource_type, code, named))
        if modifier in ("above", "below"):
            return self._hierarchy_meets(resource_type, code, modifier, references(found), unescape(asked))
        return any(reference_meets(held, unescape(asked), modifier or None) for held in references(found))

    def _hierarchy_meets(self, resource_type: str, code: str, modifier: str, held: list[str], asked: str) -> bool:
        """`:above` and `:below` of references, by the elements marked as hierarchies; of canonicals by their versions."""
        if asked.startswith("http"):
            url, bar, version = asked.partition("|")
            return any(
                each.partition("|")[0] == url and (not bar or each.partition("|")[2] == version or each.startswith(f"{asked}."))
                for each in held
            )
        wanted = [asked] if "/" in asked else [f"{kind}/{asked}" for kind in definition(resource_type, code)["target"]]
        element = {"based-on": "basedOn", "replaces": "replaces"}.get(code, "partOf") if resource_type == "CarePlan" else "partOf"
        return any(each in self._line(start, modifier, element) for start in wanted for each in held)

    def _token_meets(self, resource_type: str, code: str, modifier: str, found: list[Any], asked: str) -> bool:
        if modifier == "text":
            return any(string_meets(held, unescape(asked), "") for held in token_texts(found))
        if modifier == "of-type":
            system, kind, number = (unescape(part) for part in split(asked, "|"))
            typed = [(coding, value) for value in found for coding in value.get("type", {}).get("coding", ())]
            return any((c.get("system"), c.get("code"), v.get("value")) == (system, kind, number) for c, v in typed)
        held = tokens(resource_type, code, found)
        if modifier in ("in", "not-in"):
            return any(
                system == pair[0] and same_code(pair, each, identifier=False) for pair in held for system, each in self.value_sets[asked]
            )
        if modifier == "below":  # of a MIME type
            return any(token_meets((system, each.partition(";")[0]), asked) for system, each in held)
        identifier = any(isinstance(value, dict) and "value" in value and not is_contact(value) for value in found)
        return any(token_meets(pair, asked, identifier=identifier) for pair in held)

    def _line(self, start: str, direction: str, code: str) -> set[str]:
        """`start` and the resources above or below it."""
        met, waiting = set[str](), {start}
        while waiting:
            met |= waiting
            found = set[str]()
            for other in self.resources:
                kind, own = other["resourceType"], f"{other['resourceType']}/{other['id']}"
                if kind not in strict_hierarchies():
                    continue
                element = code if code in strict_hierarchies()[kind] else strict_hierarchies()[kind][0]
                held = other.get(element, [])
                above = set(references(held if isinstance(held, list) else [held]))
                if direction == "below" and above & waiting:
                    found.add(own)
                elif direction == "above" and own in waiting:
                    found |= above
            waiting = found - met
        return met

    def _composite_meets(self, resource: JSON, known: JSON, asked: str) -> bool:
        resource_type = resource["resourceType"]
        parts = split(asked, "$")
        for expression in re.split(r"\s*\|\s*", known["expression"]):
            for base in _evaluator(expression)(resource):
                if all(
                    _part_meets(base, expression, component["expression"], part)
                    for component, part in zip(known["component"], parts, strict=True)
                ):
                    return True
        assert resource_type == "Observation"  # the composites asked here
        return False

    def ordered(self, found: Sequence[JSON], sort: str) -> bool:
        """Whether `found` stands in the order `_sort=sort` asks; equal keys may stand in any order."""
        keys = [key.strip() for key in sort.split(",")]
        for before, after in pairwise(found):
            for key in keys:
                code, descending = key.removeprefix("-"), key.startswith("-")
                one, two = (sort_key(each, code, descending=descending) for each in (before, after))
                if one == two:
                    continue
                if (one > two) != descending:
                    return False
                break
        return True


def _part_meets(base: JSON, base_expression: str, expression: str, asked: str) -> bool:
    """One part of a composite, by its own expression within `base`."""
    written = expression.replace(".as(DateTime)", ".as(dateTime)")
    path = {"base": base_expression, "expression": re.sub(r"\.as\(", ".ofType(", written)}
    found = fhirpathpy.evaluate(base, path, {}, models["r4"])
    if expression == "code":
        return any(token_meets(held, asked) for held in tokens("", "", found))
    if "Quantity" in expression:
        return any(quantity_meets(held, asked) for held in quantities(found))
    if "CodeableConcept" in expression:
        return any(token_meets(held, asked) for held in tokens("", "", found))
    if "DateTime" in expression:
        return any(date_meets(held, asked) for held in date_spans(found))
    return any(string_meets(held, unescape(asked), "") for held in strings(found))


def sort_key(resource: JSON, code: str, *, descending: bool) -> tuple[int, Any]:
    """What a resource is ordered by: the least value rising, the greatest falling; none comes before all."""
    if code == "_id":
        return (1, resource["id"])
    if code == "_lastUpdated":
        return (1, span(resource["meta"]["lastUpdated"])[0])
    found = values(resource, code)
    kind = definition(resource["resourceType"], code)["type"]
    keys: list[Any]
    match kind:
        case "date":
            keys = [start for start, _ in date_spans(found)]
        case "token":
            keys = [(held, system) for system, held in tokens(resource["resourceType"], code, found)]
        case "reference":
            keys = references(found)
        case "number" | "quantity":
            keys = [held[0] for held in quantities(found)]
        case "string":
            keys = [folded(text) for text in strings(found)]
        case _:
            keys = list(found)
    if not keys:
        return (0, None)
    return (1, max(keys) if descending else min(keys))


def matches(resource: JSON, query_pairs: Pairs, all_resources: Sequence[JSON]) -> bool:
    """Whether `resource` meets every filter of `query_pairs`, among `all_resources`."""
    return Naive(all_resources).matches(resource, query_pairs)


def ordered(found: Sequence[JSON], sort: str) -> bool:
    """Whether `found` stands in the order `_sort=sort` asks."""
    return Naive(found).ordered(found, sort)
