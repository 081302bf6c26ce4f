"""Value sets: every required one is there, complete as HL7 expands it, and none carries what it may not."""

import json
from pathlib import Path

import pytest

from benchside.fhir import terminology
from benchside.fhir.reading import check

GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
LISTED_BY_RULE = {"http://hl7.org/fhir/ValueSet/mimetypes", "http://hl7.org/fhir/ValueSet/ucum-units"}
NOT_PUBLISHED_BY_HL7 = {"http://loinc.org/vs/LL379-9"}


def test_every_required_value_set_is_shipped(examples: Path) -> None:
    required: set[str] = set()
    for file in examples.glob("StructureDefinition-*.json"):
        definition = json.loads(file.read_bytes())
        if definition["kind"] in ("resource", "complex-type") and definition.get("derivation") != "constraint":
            for element in definition["snapshot"]["element"]:
                if element.get("binding", {}).get("strength") == "required":
                    required.add(element["binding"]["valueSet"].split("|")[0])
    missing = required - set(terminology.urls())
    assert missing == NOT_PUBLISHED_BY_HL7
    assert {url for url in required - missing if terminology.value_set(url).open} == LISTED_BY_RULE


def test_expansions_are_those_of_hl7(expansions: Path) -> None:
    compared = 0
    for url in terminology.urls():
        found = terminology.value_set(url)
        if found.open:
            continue
        file = expansions / f"ValueSet-{url.rsplit('/', 1)[1]}.json"
        if not file.is_file():
            continue
        document = json.loads(file.read_bytes())
        if document["url"] != url:
            continue
        theirs: set[tuple[str, str]] = set()
        waiting = list(document["expansion"].get("contains", []))
        while waiting:
            item = waiting.pop()
            waiting += item.get("contains", [])
            if not item.get("abstract"):
                theirs.add((item.get("system", ""), item["code"]))
        ours = {(concept.system, concept.code) for concept in found.concepts}
        assert ours >= theirs, url
        compared += 1
    assert compared > 300


def test_snomed_codes_are_only_those_fhir_names(examples: Path) -> None:
    named: set[str] = set()
    for file in examples.glob("ValueSet-*.json"):
        for include in json.loads(file.read_bytes()).get("compose", {}).get("include", []):
            if include.get("system") == "http://snomed.info/sct":
                named |= {concept["code"] for concept in include.get("concept", [])}
    shipped = {c.code for url in terminology.urls() for c in terminology.value_set(url).concepts if c.system == "http://snomed.info/sct"}
    assert shipped <= named


def test_shipped_data_is_small() -> None:
    assert (Path(terminology.__file__).parent / "value_sets.json").stat().st_size < 3_000_000


def test_expand() -> None:
    found = terminology.expand(GENDER)
    assert check(found) == ()
    assert found.expansion is not None
    assert [item.code for item in found.expansion.contains or ()] == ["male", "female", "other", "unknown"]


def test_expand_pages() -> None:
    page = terminology.expand(GENDER, offset=1, count=2).expansion
    assert page is not None
    assert (page.total, page.offset, [item.code for item in page.contains or ()]) == (4, 1, ["female", "other"])


def test_expand_filter() -> None:
    page = terminology.expand(GENDER, filter="FEM").expansion
    assert page is not None
    assert [item.display for item in page.contains or ()] == ["Female"]


def test_expand_nothing_found() -> None:
    found = terminology.expand(GENDER, filter="xyz")
    assert check(found) == ()


def test_unknown_and_open() -> None:
    with pytest.raises(terminology.UnknownValueSetError):
        terminology.expand("http://example.org/none")
    with pytest.raises(terminology.NotExpandableError):
        terminology.expand("http://hl7.org/fhir/ValueSet/observation-codes")
    with pytest.raises(ValueError, match="negative"):
        terminology.expand(GENDER, offset=-1)


@pytest.mark.parametrize(
    ("system", "code", "display", "result"),
    [
        (None, "male", None, True),
        ("http://hl7.org/fhir/administrative-gender", "male", None, True),
        ("http://hl7.org/fhir/administrative-gender", "male", "male", True),
        ("http://hl7.org/fhir/administrative-gender", "male", "Mann", False),
        ("http://example.org", "male", None, False),
        (None, "M", None, False),
    ],
)
def test_validate_code(system: str | None, code: str, display: str | None, result: bool) -> None:
    found = terminology.validate_code(GENDER + "|4.0.1", system, code, display)
    assert found.result is result
    assert (found.message is None) == result


def test_validate_code_of_an_open_system() -> None:
    found = terminology.validate_code("http://hl7.org/fhir/ValueSet/observation-codes", "http://loinc.org", "2823-3")
    assert found.result is None
    assert found.message is not None
    assert terminology.validate_code("http://hl7.org/fhir/ValueSet/mimetypes", None, "text/plain").result is True
