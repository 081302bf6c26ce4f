"""Rules of FHIR R4, one case each: the document, where the fault is, its issue code and the key of its invariant.

Sources: HL7 FHIR R4 4.0.1, json.html, datatypes.html, references.html, extensibility.html, narrative.html, and each resource's page.
"""

import json
from typing import Any

import pytest

from benchside.fhir import Invalid, read, write
from benchside.fhir.examination import examine

CODE = {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]}
OBSERVATION: dict[str, Any] = {"resourceType": "Observation", "status": "final", "code": CODE}
PATIENT: dict[str, Any] = {"resourceType": "Patient"}
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'
UCUM = "http://unitsofmeasure.org"


def observation(**more: Any) -> dict[str, Any]:
    return OBSERVATION | more


def patient(**more: Any) -> dict[str, Any]:
    return PATIENT | more


def narrative(inside: str) -> dict[str, Any]:
    return patient(text={"status": "generated", "div": DIV + inside + "</div>"})


def extension(**more: Any) -> dict[str, Any]:
    return patient(extension=[{"url": "http://example.org/e"} | more])


SOUND: dict[str, dict[str, Any]] = {
    "nothing but the type": patient(),
    "a primitive with an extension": patient(birthDate="1974-12-25", _birthDate={"extension": [{"url": "u", "valueDateTime": "1974"}]}),
    "a required primitive that is an extension alone": {
        "resourceType": "Observation", "code": CODE, "_status": {"extension": [{"url": "u", "valueCode": "unknown"}]},
    },
    "nulls aligned with extensions": patient(name=[{"given": [None, "Ann"], "_given": [{"extension": [{"url": "u", "valueString": "x"}]}, None]}]),
    "a value that is an extension alone": observation(_valueString={"extension": [{"url": "u", "valueCode": "unknown"}]}),
    "an id on a primitive with a value": patient(gender="male", _gender={"id": "g"}),
    "a leap day": patient(birthDate="2000-02-29"),
    "a year": patient(birthDate="1974"),
    "a leap second": observation(issued="2016-12-31T23:59:60Z"),
    "the widest time zone": observation(effectiveDateTime="2016-12-31T23:59:59.123456+14:00"),
    "a reference by urn": observation(subject={"reference": "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"}),
    "an absolute reference": observation(subject={"reference": "https://example.org/fhir/Patient/1/_history/2"}),
    "a URL that is no REST address": observation(subject={"reference": "https://example.org/people/Ann"}),
    "a conditional reference": observation(subject={"reference": "Patient?identifier=http://x|1"}),
    "a logical reference": observation(subject={"identifier": {"value": "1"}}),
    "contained, and referred to": observation(
        contained=[{"resourceType": "Patient", "id": "p"}], subject={"reference": "#p"}
    ),
    "contained, and referring back": patient(
        contained=[{"resourceType": "Observation", "status": "final", "code": CODE, "subject": {"reference": "#"}}]
    ),
    "an extension of extensions": extension(extension=[{"url": "a", "valueBoolean": False}]),
    "dates of different precision": {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"},
        "period": {"start": "2020-05", "end": "2020"}},
    "an hour that falls back": {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"},
        "period": {"start": "2020-10-25T02:30:00+02:00", "end": "2020-10-25T02:10:00+01:00"}},
    "a narrative with all that is allowed": narrative('<p style="color: red" id="a">x &lt; y &#160;<a href="http://x">z</a><br/></p><!-- c -->'),
    "a narrative that is an image": narrative('<img src="#image" alt="x"/>'),
    "a MIME type with parameters": patient(photo=[{"contentType": "image/png; charset=utf-8", "data": "AAAA"}]),
    "base64 over several lines": {"resourceType": "Binary", "contentType": "text/plain", "data": "AA AA\r\nAAA="},
    "white space in a text": patient(name=[{"text": " a\tb\n"}]),
    "a comparator where it is allowed": observation(valueQuantity={"comparator": "<", "value": 1}),
}  # fmt: skip

FAULTY: dict[str, tuple[dict[str, Any], str, str, str | None]] = {
    # Structure: json.html
    "unknown element": (patient(birthdate="1974-12-25"), "Patient.birthdate", "structure", None),
    "element of another type": (patient(valueString="x"), "Patient.valueString", "structure", None),
    "unknown element deep inside": (patient(name=[{"famly": "x"}]), "Patient.name[0].famly", "structure", None),
    "a list where one is meant": (patient(birthDate=["1974-12-25"]), "Patient.birthDate", "structure", None),
    "one where a list is meant": (patient(name={"family": "x"}), "Patient.name", "structure", None),
    "an empty list": (patient(name=[]), "Patient.name", "structure", None),
    "an empty object": (patient(name=[{}]), "Patient.name[0]", "invariant", "ele-1"),
    "an object with an id alone": (patient(name=[{"id": "x"}]), "Patient.name[0]", "invariant", "ele-1"),
    "null": (patient(birthDate=None), "Patient.birthDate", "structure", None),
    "null in a list of objects": (patient(name=[None]), "Patient.name[0]", "structure", None),
    "null that nothing explains": (patient(name=[{"given": [None, "Ann"]}]), "Patient.name[0].given[0]", "structure", None),
    "lists of unequal length": (
        patient(name=[{"given": ["Ann"], "_given": [None, {"extension": [{"url": "u", "valueString": "x"}]}]}]),
        "Patient.name[0].given", "structure", None),
    "extensions on what is no primitive": (patient(_name=[{"id": "x"}]), "Patient._name", "structure", None),
    "extensions on a resource's id": (patient(id="x", _id={"extension": [{"url": "u", "valueCode": "c"}]}), "Patient._id", "structure", None),
    "an id on a primitive without a value": (patient(_gender={"id": "g"}), "Patient._gender", "invariant", "ele-1"),
    "an object for a text": (patient(gender={"x": 1}), "Patient.gender", "structure", None),
    "resourceType inside a data type": (patient(name=[{"resourceType": "HumanName", "text": "x"}]), "Patient.name[0].resourceType", "structure", None),
    # Cardinality and choices
    "required element missing": ({"resourceType": "Observation", "status": "final"}, "Observation.code", "required", None),
    "required primitive missing": ({"resourceType": "Observation", "code": CODE}, "Observation.status", "required", None),
    "two values": (observation(valueString="a", valueInteger=1), "Observation", "structure", None),
    "a value and another's extension": (
        observation(valueInteger=1, _valueString={"extension": [{"url": "u", "valueCode": "c"}]}), "Observation", "structure", None),
    "required choice missing": (
        {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": {"display": "x"}},
        "MedicationRequest", "required", None),
    # Primitive types: datatypes.html
    "a day that is none": (patient(birthDate="2021-02-29"), "Patient.birthDate", "value", None),
    "a century that is no leap year": (patient(birthDate="1900-02-29"), "Patient.birthDate", "value", None),
    "the 31st of a short month": (patient(birthDate="2021-04-31"), "Patient.birthDate", "value", None),
    "year nought": (patient(birthDate="0000"), "Patient.birthDate", "value", None),
    "a time where a date is meant": (patient(birthDate="1974-12-25T10:00:00Z"), "Patient.birthDate", "value", None),
    "a time without zone": (observation(effectiveDateTime="2020-01-01T10:00:00"), "Observation.effectiveDateTime", "value", None),
    "a time without seconds": (observation(effectiveDateTime="2020-01-01T10:00Z"), "Observation.effectiveDateTime", "value", None),
    "24 o'clock": (observation(effectiveDateTime="2020-01-01T24:00:00Z"), "Observation.effectiveDateTime", "value", None),
    "an instant that is a date": (observation(issued="2020-01-01"), "Observation.issued", "value", None),
    "Arabic digits": (patient(birthDate="٢٠٢٠"), "Patient.birthDate", "value", None),
    "an empty text": (patient(name=[{"text": ""}]), "Patient.name[0].text", "value", None),
    "a control character": (patient(name=[{"text": "a\u0000b"}]), "Patient.name[0].text", "value", None),
    "a backspace": (patient(name=[{"text": "a\bb"}]), "Patient.name[0].text", "value", None),
    "half a character": (patient(name=[{"text": "a\ud800b"}]), "Patient.name[0].text", "value", None),
    "an id too long": (patient(id="x" * 65), "Patient.id", "value", None),
    "an id with an underscore": (patient(id="a_b"), "Patient.id", "value", None),
    "a code with two blanks": (observation(code={"coding": [{"code": "a  b"}]}), "Observation.code.coding[0].code", "value", None),
    "a code that begins with a blank": (observation(code={"coding": [{"code": " a"}]}), "Observation.code.coding[0].code", "value", None),
    "a URI with a blank": (observation(code={"coding": [{"system": "http://a b"}]}), "Observation.code.coding[0].system", "value", None),
    "a URI with a line break": (patient(implicitRules="http://a\nb"), "Patient.implicitRules", "value", None),
    "a number in quotation marks": (observation(valueQuantity={"value": "4.10"}), "Observation.valueQuantity.value", "value", None),
    "true in quotation marks": (patient(active="true"), "Patient.active", "value", None),
    "a fraction for a whole number": (observation(valueInteger=1.5), "Observation.valueInteger", "value", None),
    "a whole number too large": (observation(valueInteger=2**31), "Observation.valueInteger", "value", None),
    "nought for a positive number": (patient(telecom=[{"rank": 0}]), "Patient.telecom[0].rank", "value", None),
    "true for a number": (observation(valueInteger=True), "Observation.valueInteger", "value", None),
    "base64 that is none": ({"resourceType": "Binary", "contentType": "text/plain", "data": "AAA"}, "Binary.data", "value", None),
    "a MIME type that is none": ({"resourceType": "Binary", "contentType": "of no type", "data": "AAAA"}, "Binary.contentType", "value", None),
    # Bindings
    "a code of no value set": (patient(gender="M"), "Patient.gender", "code-invalid", None),
    "a concept of no value set": (
        {"resourceType": "AllergyIntolerance", "patient": {"display": "x"}, "clinicalStatus": {"coding": [{"system": "x", "code": "active"}]}},
        "AllergyIntolerance.clinicalStatus", "code-invalid", None),
    "a concept of words where a code is required": (
        {"resourceType": "Condition", "subject": {"display": "x"}, "clinicalStatus": {"text": "active"}},
        "Condition.clinicalStatus", "code-invalid", None),
    # References: references.html
    "a reference to another type": (observation(subject={"reference": "Practitioner/1"}), "Observation.subject.reference", "value", None),
    "an absolute reference to another type": (
        observation(subject={"reference": "http://x.org/fhir/Practitioner/1"}), "Observation.subject.reference", "value", None),
    "a reference to no type of FHIR": (observation(subject={"reference": "Person2/1"}) | {"subject": {"reference": "Nobody/1"}},
        "Observation.subject.reference", "value", None),
    "a conditional reference to another type": (
        observation(subject={"reference": "Practitioner?identifier=1"}), "Observation.subject.reference", "value", None),
    "a contained resource that is not there": (observation(subject={"reference": "#p"}), "Observation.subject.reference", "invariant", "ref-1"),
    "a contained resource of another type": (
        observation(contained=[{"resourceType": "Practitioner", "id": "p"}], subject={"reference": "#p"}),
        "Observation.subject.reference", "value", None),
    "contained, and not referred to": (
        observation(contained=[{"resourceType": "Patient", "id": "p"}]), "Observation.contained[0]", "invariant", "dom-3"),
    "contained in the contained": (
        observation(
            contained=[{"resourceType": "Patient", "id": "p", "contained": [{"resourceType": "Patient", "id": "q"}]}], subject={"reference": "#p"}),
        "Observation.contained[0]", "invariant", "dom-2"),
    "contained with a version": (
        observation(contained=[{"resourceType": "Patient", "id": "p", "meta": {"versionId": "1"}}], subject={"reference": "#p"}),
        "Observation.contained[0].meta", "invariant", "dom-4"),
    "contained with a security label": (
        observation(contained=[{"resourceType": "Patient", "id": "p", "meta": {"security": [{"code": "R"}]}}], subject={"reference": "#p"}),
        "Observation.contained[0].meta.security", "invariant", "dom-5"),
    # Extensions
    "an extension without value": (extension(), "Patient.extension[0]", "invariant", "ext-1"),
    "an extension with a value and extensions": (
        extension(valueString="x", extension=[{"url": "a", "valueString": "y"}]), "Patient.extension[0]", "invariant", "ext-1"),
    "an extension with two values": (extension(valueString="x", valueCode="y"), "Patient.extension[0]", "structure", None),
    "an extension without url": (patient(extension=[{"valueString": "x"}]), "Patient.extension[0].url", "required", None),
    "an extension with a wrong value": (extension(valueDate="today"), "Patient.extension[0].valueDate", "value", None),
    # Narrative: narrative.html
    "a script": (narrative("x<script>alert(1)</script>"), "Patient.text.div", "invariant", "txt-1"),
    "an event handler": (narrative('<p onclick="x()">x</p>'), "Patient.text.div", "invariant", "txt-1"),
    "a link that runs": (narrative('<a href="javascript:x()">x</a>'), "Patient.text.div", "invariant", "txt-1"),
    "a link that runs, hidden": (narrative('<a href=" java&#10;script:x()">x</a>'), "Patient.text.div", "invariant", "txt-1"),
    "a form": (narrative("<form>x</form>"), "Patient.text.div", "invariant", "txt-1"),
    "a CDATA section": (narrative("<![CDATA[><script>x</script>]]>"), "Patient.text.div", "invariant", "txt-1"),
    "a comment that HTML reads otherwise": (narrative("x<!--><script>x</script>-->"), "Patient.text.div", "invariant", "txt-1"),
    "a processing instruction": (narrative("x<?php x ?>"), "Patient.text.div", "invariant", "txt-1"),
    "mixed nesting": (narrative("<b><i>x</b></i>"), "Patient.text.div", "invariant", "txt-1"),
    "an entity XML does not know": (narrative("x&nbsp;y"), "Patient.text.div", "invariant", "txt-1"),
    "two roots": (narrative("x</div><div>y"), "Patient.text.div", "invariant", "txt-1"),
    "another namespace": (patient(text={"status": "generated", "div": "<div>x</div>"}), "Patient.text.div", "invariant", "txt-1"),
    "an element of another namespace": (narrative('x<svg xmlns="http://www.w3.org/2000/svg"/>'), "Patient.text.div", "invariant", "txt-1"),
    "a document type": (
        patient(text={"status": "generated", "div": f'<!DOCTYPE div [<!ENTITY a "b">]>{DIV}&a;</div>'}), "Patient.text.div", "invariant", "txt-1"),
    "nothing to read": (narrative("<p>  </p>"), "Patient.text.div", "invariant", "txt-2"),
    # Invariants of data types
    "a period that ends before it starts": (
        patient(name=[{"text": "x", "period": {"start": "2021", "end": "2020"}}]), "Patient.name[0].period", "invariant", "per-1"),
    "a unit's code without system": (observation(valueQuantity={"value": 1, "code": "mg"}), "Observation.valueQuantity", "invariant", "qty-3"),
    "a contact without system": (patient(telecom=[{"value": "1"}]), "Patient.telecom[0]", "invariant", "cpt-2"),
    "an attachment without type": (patient(photo=[{"data": "AAAA"}]), "Patient.photo[0]", "invariant", "att-1"),
    "a ratio without denominator": (observation(valueRatio={"numerator": {"value": 1}}), "Observation.valueRatio", "invariant", "rat-1"),
    "a range upside down": (
        observation(valueRange={"low": {"value": 2, "system": UCUM, "code": "mg"}, "high": {"value": 1, "system": UCUM, "code": "mg"}}),
        "Observation.valueRange", "invariant", "rng-2"),
    "a comparator in a simple quantity": (
        observation(valueRange={"low": {"value": 2, "comparator": "<"}}), "Observation.valueRange.low.comparator", "invariant", "sqty-1"),
    # Invariants of resources
    "obs-3": (observation(referenceRange=[{"type": CODE}]), "Observation.referenceRange[0]", "invariant", "obs-3"),
    "obs-6": (observation(valueString="x", dataAbsentReason=CODE), "Observation", "invariant", "obs-6"),
    "obs-7": (observation(valueString="x", component=[{"code": CODE, "valueString": "y"}]), "Observation", "invariant", "obs-7"),
    "pat-1": (patient(contact=[{"gender": "male"}]), "Patient.contact[0]", "invariant", "pat-1"),
    "org-1": ({"resourceType": "Organization", "active": True}, "Organization", "invariant", "org-1"),
    "org-3": (
        {"resourceType": "Organization", "name": "x", "telecom": [{"system": "phone", "use": "home", "value": "1"}]},
        "Organization.telecom[0]", "invariant", "org-3"),
    "app-2": (
        {"resourceType": "Appointment", "status": "proposed", "start": "2020-01-01T10:00:00Z",
         "participant": [{"status": "accepted", "type": [CODE]}]}, "Appointment", "invariant", "app-2"),
    "app-3": (
        {"resourceType": "Appointment", "status": "booked", "participant": [{"status": "accepted", "type": [CODE]}]},
        "Appointment", "invariant", "app-3"),
    "ait-1": (
        {"resourceType": "AllergyIntolerance", "patient": {"display": "x"}, "code": CODE}, "AllergyIntolerance", "invariant", "ait-1"),
    "con-4": (
        {"resourceType": "Condition", "subject": {"display": "x"}, "abatementString": "x",
         "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]}},
        "Condition", "invariant", "con-4"),
    "ppc-1": (
        {"resourceType": "Consent", "status": "active", "scope": CODE, "category": [CODE]}, "Consent", "invariant", "ppc-1"),
    "fhs-1": (
        {"resourceType": "FamilyMemberHistory", "status": "completed", "patient": {"display": "x"}, "relationship": CODE,
         "ageString": "x", "bornString": "y"}, "FamilyMemberHistory", "invariant", "fhs-1"),
    "prr-1": (
        {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": {"display": "x"}, "orderDetail": [CODE]},
        "ServiceRequest", "invariant", "prr-1"),
    "Task inv-1": (
        {"resourceType": "Task", "status": "draft", "intent": "order", "authoredOn": "2021", "lastModified": "2020"}, "Task", "invariant", "inv-1"),
    "qrs-1": (
        {"resourceType": "QuestionnaireResponse", "status": "completed",
         "item": [{"linkId": "1", "answer": [{"valueString": "x"}], "item": [{"linkId": "2"}]}]},
        "QuestionnaireResponse.item[0]", "invariant", "qrs-1"),
    "que-2": (
        {"resourceType": "Questionnaire", "status": "draft", "item": [{"linkId": "1", "type": "string"}, {"linkId": "1", "type": "string"}]},
        "Questionnaire", "invariant", "que-2"),
    "bdl-1": ({"resourceType": "Bundle", "type": "collection", "total": 1}, "Bundle", "invariant", "bdl-1"),
    "bdl-3": ({"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": PATIENT}]}, "Bundle", "invariant", "bdl-3"),
    "bdl-7": (
        {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "http://x/1", "resource": PATIENT}] * 2},
        "Bundle", "invariant", "bdl-7"),
    "inside a bundle": (
        {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient(gender="M")}]},
        "Bundle.entry[0].resource.gender", "code-invalid", None),
    "inside parameters": (
        {"resourceType": "Parameters", "parameter": [{"name": "a", "resource": patient(birthDate="x")}]},
        "Parameters.parameter[0].resource.birthDate", "value", None),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_sound(name: str) -> None:
    raw = json.dumps(SOUND[name]).encode()
    assert json.loads(write(read(raw))) == SOUND[name]
    assert examine(raw) == ()


@pytest.mark.parametrize("name", FAULTY)
def test_faulty(name: str) -> None:
    document, path, code, key = FAULTY[name]
    with pytest.raises(Invalid) as refusal:
        read(json.dumps(document).encode("utf-8", "surrogatepass"))
    found = refusal.value.faults
    assert [(fault.path, fault.code, fault.key) for fault in found] == [(path, code, key)], found
    assert all(len(fault.message) > 10 for fault in found)


def test_all_faults_at_once() -> None:
    raw = json.dumps(
        {
            "resourceType": "Patient",
            "gender": "M",
            "birthDate": "2021-02-29",
            "name": [{"family": 1}, {}],
            "contact": [{"gender": "female"}],
            "foo": 1,
        }
    ).encode()
    with pytest.raises(Invalid) as refusal:
        read(raw)
    assert {fault.path for fault in refusal.value.faults} == {
        "Patient.gender",
        "Patient.birthDate",
        "Patient.name[0].family",
        "Patient.name[1]",
        "Patient.contact[0]",
        "Patient.foo",
    }


def test_words_for_a_person() -> None:
    with pytest.raises(Invalid) as refusal:
        read(b'{"resourceType":"Patient","gender":"M"}')
    assert refusal.value.faults[0].message == "gender must be one of male, female, other, unknown; found 'M'"


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"resourceType":"Patient"} x', "not JSON"),
        (b'\xef\xbb\xbf{"resourceType":"Patient"}', "not JSON"),
        (b'{"resourceType":"Patient","id":"\xff"}', "not UTF-8"),
        (b'{"resourceType":"Patient","active":NaN}', "not a number in JSON"),
        (b'{"resourceType":"Patient","id":"a\nb"}', "not JSON"),
        (b'{"resourceType":"Patent"}', "did you mean Patient"),
        (b'{"id":"x"}', "resourceType must name a resource"),
        (b"[]", "must be a resource"),
        (b"null", "must be a resource"),
        (b'"Patient"', "must be a resource"),
        (b'{"resourceType":"Patient","extension":' + b'[{"url":"x","extension":' * 5_000, "nested too deeply"),
    ],
)
def test_what_is_no_resource(raw: bytes, word: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(raw)
    assert word in refusal.value.faults[0].message


@pytest.mark.parametrize(
    "raw",
    [
        b'{"resourceType":"Patient","id":"a","id":"a"}',
        b'{"resourceType":"Patient","active":true,"active":false}',
        b'{"resourceType":"Patient","name":[{"family":"a","family":"b"}]}',
        b'{"resourceType":"Patient","id":"a","\\u0069d":"b"}',
        b'{"resourceType":"Patient","name":[{"text":"\\u0022\\u0022\\u0022\\u0022\\u0022\\u0022","text":"\\u0022\\u0022"}]}',
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1e-5,"value":1e-5}}',
        b'{"resourceType":"Patient","resourceType":"Patient"}',
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1,"value":2}}',
    ],
)
def test_a_member_given_twice_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        read(raw)
    assert "more than once" in refusal.value.faults[0].message


@pytest.mark.parametrize("digits", ["1e7000", "1e-7000", "1e99999999999999999999", "1" * 7_000])
def test_a_number_beyond_calculation_is_refused(digits: str) -> None:
    raw = f'{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},"valueQuantity":{{"value":{digits}}}}}'.encode()
    with pytest.raises(Invalid) as refusal:
        read(raw)
    assert [fault.path for fault in refusal.value.faults] == ["Observation.valueQuantity.value"]


def test_another_type_than_expected() -> None:
    with pytest.raises(Invalid) as refusal:
        read(b'{"resourceType":"Patient"}', "Observation")
    assert refusal.value.faults[0].code == "invalid"


@pytest.mark.parametrize("digits", ["4.10", "4.1", "100", "1E+2", "0.000001", "-0.0", "12345678901234567890.123456789"])
def test_decimals_keep_their_digits(digits: str) -> None:
    raw = f'{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},"valueQuantity":{{"value":{digits}}}}}'.encode()
    assert write(read(raw)) == raw


def test_elements_are_written_in_the_order_of_their_definition() -> None:
    raw = b'{"birthDate":"1974","_birthDate":{"extension":[{"valueCode":"x","url":"u"}]},"active":true,"resourceType":"Patient","id":"a"}'
    assert (
        write(read(raw))
        == b'{"resourceType":"Patient","id":"a","active":true,"birthDate":"1974","_birthDate":{"extension":[{"url":"u","valueCode":"x"}]}}'
    )
