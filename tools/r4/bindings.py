"""The codes of every value set that R4 binds with strength `required`.

Taken from HL7's expansions; a value set that lists its own codes is expanded here when the package has no expansion of it.
"""

from collections.abc import Iterator

from .definitions import Definitions, Json

# Value sets of formats, or not HL7's to publish: checked by pattern or not at all (see tests/fhir/types/test_bindings.py).
NOT_LISTED = {
    "http://hl7.org/fhir/ValueSet/mimetypes",
    "http://hl7.org/fhir/ValueSet/ucum-units",
    "http://loinc.org/vs/LL379-9",
}


def _contained(items: list[Json]) -> Iterator[tuple[str, str]]:
    for item in items:
        if "code" in item and not item.get("abstract"):
            yield item["system"], item["code"]
        yield from _contained(item.get("contains", []))


def _concepts(items: list[Json]) -> Iterator[str]:
    for item in items:
        yield item["code"]
        yield from _concepts(item.get("concept", []))


def _composed(definitions: Definitions, value_set: Json) -> Iterator[tuple[str, str]]:
    for include in value_set["compose"]["include"]:
        if "concept" in include:
            yield from ((include["system"], item["code"]) for item in include["concept"])
        elif "system" in include and "filter" not in include:
            system = definitions.code_systems[include["system"]]
            yield from ((include["system"], code) for code in _concepts(system["concept"]))
        else:
            raise ValueError(f"{value_set['url']} is composed in a way not handled: {include}")


def codes(definitions: Definitions, url: str) -> list[tuple[str, str]]:
    """List (system, code) of a value set, in its own order; empty when it cannot be listed."""
    if url in NOT_LISTED:
        return []
    if url in definitions.expansions:
        return list(dict.fromkeys(_contained(definitions.expansions[url]["expansion"]["contains"])))
    return list(dict.fromkeys(_composed(definitions, definitions.value_sets[url])))
