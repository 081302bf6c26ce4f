"""Write the value sets that Benchside ships, `src/benchside/fhir/terminology/value_sets.json`.

    python tools/generate_terminology.py

Shipped are the value sets that R4 binds with strength `required` anywhere, and every one bound in a resource of the design's table or a
data type. Contents come from HL7's expansions and code systems. Codes of SNOMED CT and CPT are kept only where FHIR's own value sets name
them one by one; a value set that takes them by a rule is marked open for that system.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from fetch_definitions import package_folder
from r4.definitions import Definitions, Json, load

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "src" / "benchside" / "fhir" / "terminology" / "value_sets.json"
CONCEPTS_MAX = 3_000
"""A value set with more concepts is left open instead."""
RESTRICTED = {"http://snomed.info/sct", "http://www.ama-assn.org/go/cpt"}
"""Systems whose codes may be shipped only where FHIR names them."""
_DESIGN_TABLE = """
Patient Practitioner PractitionerRole Encounter Appointment AppointmentResponse Slot Schedule Location ServiceRequest Task
Consent ActivityDefinition SpecimenDefinition ObservationDefinition ChargeItemDefinition ChargeItem Specimen Observation
DiagnosticReport Binary Device DeviceDefinition DeviceMetric Procedure Substance Communication DocumentReference AuditEvent
Provenance AllergyIntolerance Condition MedicationStatement Medication FamilyMemberHistory Coverage CoverageEligibilityRequest
CoverageEligibilityResponse Claim ClaimResponse ExplanationOfBenefit Questionnaire QuestionnaireResponse Organization
RelatedPerson Group Bundle OperationOutcome Immunization Flag Media Person HealthcareService EpisodeOfCare CareTeam CarePlan
Goal MedicationRequest MedicationAdministration Invoice List Composition
"""
DESIGN_TABLE = frozenset(_DESIGN_TABLE.split())

Concept = tuple[str, str, str]


def bound(definitions: Definitions) -> list[str]:
    """List the value sets to ship."""
    urls: set[str] = set()
    for type_ in definitions.types.values():
        for element in type_.elements:
            chosen = type_.root in DESIGN_TABLE or definitions.types[type_.root].kind == "datatype"
            if element.binding and (chosen or element.strength == "required"):
                urls.add(element.binding)
    return sorted(urls)


def _expanded(items: list[Json]) -> Iterator[Concept]:
    for item in items:
        if "code" in item and not item.get("abstract"):
            yield item.get("system", ""), item["code"], item.get("display", "")
        yield from _expanded(item.get("contains", []))


def _defined(system: str, concepts: list[Json]) -> Iterator[Concept]:
    for concept in concepts:
        yield system, concept["code"], concept.get("display", "")
        yield from _defined(system, concept.get("concept", []))


def _included(definitions: Definitions, include: Json) -> tuple[list[Concept], set[str]]:
    """Expand one include; the second part names what stays open."""
    if "valueSet" in include:
        concepts: list[Concept] = []
        still_open: set[str] = set()
        for url in include["valueSet"]:
            more, more_open = contents(definitions, url.split("|")[0])
            concepts += more
            still_open |= more_open
        return concepts, still_open
    system = include["system"]
    if "concept" in include:
        known = {code: display for _, code, display in _of_system(definitions, system)}
        named = [(system, c["code"], c.get("display") or known.get(c["code"], "")) for c in include["concept"]]
        return named, set()
    if "filter" not in include and system in definitions.code_systems and definitions.code_systems[system].get("content") == "complete":
        return _of_system(definitions, system), set()
    return [], {system}


def _of_system(definitions: Definitions, system: str) -> list[Concept]:
    return list(_defined(system, definitions.code_systems.get(system, {}).get("concept", [])))


def contents(definitions: Definitions, url: str) -> tuple[list[Concept], set[str]]:
    """List the concepts of a value set, and the systems for which it has more than is listed."""
    value_set = definitions.expansions.get(url) or definitions.value_sets.get(url)
    if value_set is None:
        return [], {url}
    named: list[Concept] = []
    still_open: set[str] = set()
    for include in value_set.get("compose", {}).get("include", []):
        concepts, more_open = _included(definitions, include)
        named += concepts
        still_open |= more_open
    if not still_open and "exclude" not in value_set.get("compose", {}):
        return list(dict.fromkeys(named)), set()
    expansion = value_set.get("expansion", {})
    costly = any(item["url"].endswith("toocostly") for item in expansion.get("extension", []))
    if not expansion.get("contains") or costly:
        return list(dict.fromkeys(named)), still_open
    taken = set(named)
    listed = [c for c in _expanded(expansion["contains"]) if c[0] not in RESTRICTED or c in taken]
    return list(dict.fromkeys(listed)), still_open & RESTRICTED


def row(definitions: Definitions, url: str) -> Json | None:
    """Make the shipped form of one value set; None when nothing is known of it."""
    value_set = definitions.value_sets.get(url) or definitions.expansions.get(url)
    if value_set is None:
        return None
    concepts, still_open = contents(definitions, url)
    if len(concepts) > CONCEPTS_MAX:
        still_open |= {system for system, _, _ in concepts}
        concepts = []
    systems: dict[str, list[list[str]]] = {}
    for system, code, display in concepts:
        systems.setdefault(system, []).append([code, display] if display and display != code else [code])
    found: Json = {"name": value_set.get("name", ""), "version": value_set.get("version", ""), "title": value_set.get("title", "")}
    return found | {"open": sorted(still_open), "systems": systems}


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    output: Path = parser.parse_args().output
    definitions = load(package_folder("hl7.fhir.r4.examples"), package_folder("hl7.fhir.r4.expansions"))
    rows = ((url, row(definitions, url)) for url in bound(definitions))
    lines = [f"{json.dumps(url)}: {json.dumps(found, ensure_ascii=False, separators=(',', ':'))}" for url, found in rows if found]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
