"""Random resources that hang together, and random searches that have a chance to find some of them.

Small vocabularies on purpose: a search for one of three codes finds something, and tells something apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

JSON = dict[str, Any]
Pairs = tuple[tuple[str, str], ...]

SYSTEMS = ("http://loinc.org", "http://example.org/codes", "http://terminology.hl7.org/CodeSystem/v3-ActCode")
"""The last one is case-sensitive."""
CODES = ("8480-6", "8462-4", "A1", "a1")
UNITS = (("mm[Hg]", "mmHg"), ("mg", "milligram"), ("g", "gram"), ("ug", "microgram"), ("kPa", "kPa"))
UCUM = "http://unitsofmeasure.org"
WORDS = ("Ana", "ana maria", "Núñez", "NUNEZ", "O'Brien", "Li", "Smith, Jr", "de la Cruz", "100% wool", "a_b")
NUMBERS = ("1", "1.0", "1.05", "5.4", "5.40", "120", "120.5", "-3", "0.0054", "5400", "16.0")
DATES = (
    "2020",
    "2020-03",
    "2020-03-15",
    "2020-03-15T10:30:00Z",
    "2020-03-15T10:30:00.250Z",
    "2020-03-15T06:30:00-04:00",
    "2021-01-01",
    "2019-12-31",
)
INSTANTS = tuple(date for date in DATES if "T" in date)
VALUE_SETS = {
    "http://example.org/fhir/ValueSet/pressure": (("http://loinc.org", "8480-6"), ("http://loinc.org", "8462-4")),
    "http://example.org/fhir/ValueSet/none": (("http://example.org/codes", "Z9"),),
}
CANONICALS = tuple(f"http://example.org/fhir/ActivityDefinition/x{version}" for version in ("", "|1", "|1.1", "|10"))
URLS = ("http://example.org/fhir/a", "http://example.org/fhir/a/b", "http://example.org/fhir/ab", "urn:oid:1.2.3")


@st.composite
def concepts(draw: DrawFn) -> JSON:
    """A CodeableConcept of one or two codings, or of words alone."""
    codings = draw(st.lists(codings_of(), max_size=2))
    text = draw(st.sampled_from([None, *WORDS[:3]]))
    concept: JSON = {"coding": codings} if codings else {}
    if text is not None or not codings:
        concept["text"] = text or "plain"
    return concept


@st.composite
def codings_of(draw: DrawFn) -> JSON:
    """A Coding; sometimes without system, sometimes with words."""
    coding: JSON = {"code": draw(st.sampled_from(CODES))}
    if draw(st.integers(0, 3)):
        coding["system"] = draw(st.sampled_from(SYSTEMS))
    if draw(st.booleans()):
        coding["display"] = draw(st.sampled_from(WORDS))
    return coding


@st.composite
def identifiers(draw: DrawFn) -> JSON:
    """An Identifier; sometimes with a type."""
    identifier: JSON = {"value": draw(st.sampled_from(["1", "22", "22a"]))}
    if draw(st.booleans()):
        identifier["system"] = draw(st.sampled_from(SYSTEMS))
    if draw(st.booleans()):
        identifier["type"] = {"coding": [{"system": SYSTEMS[1], "code": draw(st.sampled_from(["MR", "PI"]))}], "text": "record number"}
    return identifier


@st.composite
def quantities(draw: DrawFn) -> JSON:
    """A Quantity as the wire has it: its number is text here, so that its digits stay (see `document`)."""
    code, unit = draw(st.sampled_from(UNITS))
    quantity: JSON = {"value": Digits(draw(st.sampled_from(NUMBERS)))}
    if draw(st.booleans()):
        quantity |= {"system": UCUM, "code": code}
    if draw(st.booleans()):
        quantity["unit"] = unit
    return quantity


class Digits(float):
    """A number that remembers how it is written."""

    written: str

    def __new__(cls, written: str) -> Self:
        """Keep the text."""
        number = super().__new__(cls, written)
        number.written = written
        return number

    def __repr__(self) -> str:
        """As written; json.dumps uses it."""
        return self.written


@st.composite
def periods(draw: DrawFn) -> JSON:
    """A Period in order, one end possibly open."""
    start, end = draw(
        st.sampled_from([("2019-06-01", "2020-03-15"), ("2020-03", "2020-05"), ("2020-03-15T10:30:00Z", "2021-01-01"), ("2018", "2018")])
    )
    left_out = draw(st.sampled_from([None, None, "start", "end"]))
    return {name: value for name, value in (("start", start), ("end", end)) if name != left_out}


@st.composite
def names(draw: DrawFn) -> JSON:
    """A HumanName."""
    name: JSON = {"family": draw(st.sampled_from(WORDS))}
    if draw(st.booleans()):
        name["given"] = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=2))
    if draw(st.booleans()):
        name["text"] = draw(st.sampled_from(WORDS))
    return name


@dataclass(frozen=True)
class Ids:
    """How many resources of the types that others point to."""

    patients: int
    practitioners: int
    organizations: int
    encounters: int
    locations: int = 2

    def reference(self, *types: str) -> SearchStrategy[JSON]:
        """A Reference to one of these types, sometimes of another form."""
        counts = {
            "Patient": self.patients,
            "Practitioner": self.practitioners,
            "Organization": self.organizations,
            "Encounter": self.encounters,
            "Location": self.locations,
        }
        local = [f"{name}/{name[0].lower()}{number}" for name in types for number in range(counts[name])]
        return st.sampled_from(local).map(lambda text: {"reference": text})


def optional(draw: DrawFn, resource: JSON, **strategies: SearchStrategy[Any]) -> JSON:
    """Give the resource some of these elements."""
    for name, strategy in strategies.items():
        if draw(st.booleans()):
            resource[name] = draw(strategy)
    return resource


def several(strategy: SearchStrategy[Any], count: int = 2) -> SearchStrategy[list[Any]]:
    """One or more."""
    return st.lists(strategy, min_size=1, max_size=count)


@st.composite
def patients(draw: DrawFn, ids: Ids, number: int) -> JSON:
    """A Patient."""
    resource: JSON = {"resourceType": "Patient", "id": f"p{number}"}
    optional(
        draw,
        resource,
        name=several(names()),
        identifier=several(identifiers()),
        gender=st.sampled_from(["male", "female", "unknown"]),
        birthDate=st.sampled_from(["1970", "1970-05", "1970-05-17", "2001-02-28"]),
        active=st.booleans(),
        telecom=several(st.fixed_dictionaries({"system": st.sampled_from(["phone", "email"]), "value": st.sampled_from(["555", "a@b.c"])})),
        address=several(st.fixed_dictionaries({"city": st.sampled_from(WORDS), "line": several(st.sampled_from(WORDS))}), 1),
        generalPractitioner=several(ids.reference("Practitioner", "Organization")),
        managingOrganization=ids.reference("Organization"),
    )
    if draw(st.booleans()):
        resource |= draw(st.sampled_from([{"deceasedBoolean": True}, {"deceasedBoolean": False}, {"deceasedDateTime": "2020-03-15"}]))
    return resource


@st.composite
def observations(draw: DrawFn, ids: Ids, number: int) -> JSON:
    """An Observation with a value of one kind, or with components."""
    resource: JSON = {"resourceType": "Observation", "id": f"ob{number}", "code": draw(concepts())}
    resource["status"] = draw(st.sampled_from(["final", "amended", "preliminary"]))
    optional(
        draw,
        resource,
        subject=ids.reference("Patient"),
        encounter=ids.reference("Encounter"),
        performer=several(ids.reference("Practitioner", "Organization")),
        category=several(concepts()),
        identifier=several(identifiers()),
    )
    values: list[SearchStrategy[JSON]] = [
        quantities().map(lambda value: {"valueQuantity": value}),
        concepts().map(lambda value: {"valueCodeableConcept": value}),
        st.sampled_from(WORDS).map(lambda value: {"valueString": value}),
        st.sampled_from(DATES).map(lambda value: {"valueDateTime": value}),
        periods().map(lambda value: {"valuePeriod": value}),
        st.just({}),
    ]
    resource |= draw(st.one_of(values))
    if not any(name.startswith("value") for name in resource) and draw(st.booleans()):
        resource["component"] = draw(several(components()))
    times: list[SearchStrategy[JSON]] = [
        st.sampled_from(DATES).map(lambda value: {"effectiveDateTime": value}),
        st.sampled_from(INSTANTS).map(lambda value: {"effectiveInstant": value}),
        periods().map(lambda value: {"effectivePeriod": value}),
        st.just({}),
    ]
    return resource | draw(st.one_of(times))


@st.composite
def components(draw: DrawFn) -> JSON:
    """A component of an Observation."""
    value = draw(st.one_of(quantities().map(lambda q: {"valueQuantity": q}), concepts().map(lambda c: {"valueCodeableConcept": c})))
    return {"code": draw(concepts())} | value


@st.composite
def encounters(draw: DrawFn, ids: Ids, number: int) -> JSON:
    """An Encounter."""
    resource: JSON = {"resourceType": "Encounter", "id": f"e{number}", "status": draw(st.sampled_from(["planned", "finished"]))}
    resource["class"] = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": draw(st.sampled_from(["AMB", "IMP"]))}
    return optional(
        draw,
        resource,
        subject=ids.reference("Patient"),
        period=periods(),
        type=several(concepts()),
        participant=several(st.fixed_dictionaries({"individual": ids.reference("Practitioner")})),
        serviceProvider=ids.reference("Organization"),
        location=several(st.fixed_dictionaries({"location": ids.reference("Location")})),
        partOf=part_of("Encounter", number),
        length=quantities().map(lambda value: {"value": value["value"], "system": UCUM, "code": "min"}),
    )


@st.composite
def orders(draw: DrawFn, ids: Ids, number: int) -> JSON:
    """A ServiceRequest."""
    resource: JSON = {"resourceType": "ServiceRequest", "id": f"s{number}", "subject": draw(ids.reference("Patient"))}
    resource |= {"status": draw(st.sampled_from(["active", "completed"])), "intent": draw(st.sampled_from(["order", "plan"]))}
    optional(
        draw,
        resource,
        code=concepts(),
        encounter=ids.reference("Encounter"),
        requester=ids.reference("Practitioner", "Organization"),
        performer=several(ids.reference("Practitioner", "Organization")),
        priority=st.sampled_from(["routine", "stat"]),
        authoredOn=st.sampled_from(DATES),
        instantiatesUri=several(st.sampled_from(URLS)),
        instantiatesCanonical=several(st.sampled_from(CANONICALS)),
        requisition=identifiers(),
    )
    if draw(st.booleans()):
        resource |= draw(
            st.one_of(periods().map(lambda p: {"occurrencePeriod": p}), st.sampled_from(DATES).map(lambda d: {"occurrenceDateTime": d}))
        )
    return resource


@st.composite
def practitioners(draw: DrawFn, number: int) -> JSON:
    """A Practitioner."""
    resource: JSON = {"resourceType": "Practitioner", "id": f"p{number}"}
    return optional(
        draw,
        resource,
        name=several(names()),
        identifier=several(identifiers()),
        active=st.booleans(),
        gender=st.sampled_from(["male", "female"]),
    )


@st.composite
def organizations(draw: DrawFn, ids: Ids, number: int) -> JSON:
    """An Organization, maybe part of one before it."""
    resource: JSON = {"resourceType": "Organization", "id": f"o{number}", "name": draw(st.sampled_from(WORDS))}
    optional(draw, resource, identifier=several(identifiers()), active=st.booleans(), alias=several(st.sampled_from(WORDS)))
    return optional(draw, resource, partOf=part_of("Organization", number))


def part_of(resource_type: str, number: int) -> SearchStrategy[JSON]:
    """A reference to the resource of this type before the one with this number, or to itself: a circle must not hurt."""
    return st.sampled_from([number, max(number - 1, 0), max(number - 1, 0)]).map(
        lambda other: {"reference": f"{resource_type}/{resource_type[0].lower()}{other}"}
    )


@st.composite
def locations(draw: DrawFn, number: int) -> JSON:
    """A Location, maybe part of one before it."""
    resource: JSON = {"resourceType": "Location", "id": f"l{number}", "name": draw(st.sampled_from(WORDS))}
    return optional(draw, resource, partOf=part_of("Location", number))


@st.composite
def activity_definitions(draw: DrawFn, number: int) -> JSON:
    """An ActivityDefinition known by a canonical url, with a version or without."""
    url, _, version = draw(st.sampled_from(CANONICALS)).partition("|")
    resource: JSON = {
        "resourceType": "ActivityDefinition",
        "id": f"a{number}",
        "url": url,
        "status": draw(st.sampled_from(["draft", "active"])),
    }
    return resource | ({"version": version} if version else {})


@st.composite
def records(draw: DrawFn) -> list[JSON]:
    """Resources that point to each other; each reference has its target in the list, before it."""
    ids = Ids(*(draw(st.integers(1, 3)) for _ in range(4)))
    found = [draw(organizations(ids, number)) for number in range(ids.organizations)]
    found += [draw(locations(number)) for number in range(ids.locations)]
    found += [draw(activity_definitions(number)) for number in range(draw(st.integers(0, 2)))]
    found += [draw(practitioners(number)) for number in range(ids.practitioners)]
    found += [draw(patients(ids, number)) for number in range(ids.patients)]
    found += [draw(encounters(ids, number)) for number in range(ids.encounters)]
    found += [draw(observations(ids, number)) for number in range(draw(st.integers(0, 6)))]
    found += [draw(orders(ids, number)) for number in range(draw(st.integers(0, 3)))]
    return found
