"""Who may write what: each role of person and system, each kind of write, permitted or the codes. Written apart from the table.

`+` permitted. `scope`: the account's role has no such scope, so the gate is not asked. Else what stands against it:
role role.not-permitted, sup supervision.none, id identification.none, sign signature.missing, act fhir.by-act-only,
own second-person.same, self second-person.self-subject, dev equipment.none, lot lot.none.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from tests.acts.clinic import device
from tests.wire.fhir_api.conftest import Json
from tests.wire.fhir_api.gate.conftest import SYSTEMS, ApiClinic, as_json, coded, order, pulse, result

CODES = {
    "role": "role.not-permitted",
    "sup": "supervision.none",
    "id": "identification.none",
    "sign": "signature.missing",
    "act": "fhir.by-act-only",
    "own": "second-person.same",
    "self": "second-person.self-subject",
    "dev": "equipment.none",
    "lot": "lot.none",
}
WHO = ("juno", "tara", "sena", "lena", "nora", "dana", "fred", "abel", "beth", "ehr", "move")
EXPECTED = """
kind        juno        tara        sena        lena        nora        dana        fred        abel        beth        ehr         move
patient     scope       scope       scope       scope       scope       scope       +           scope       scope       +           +
contact     scope       scope       scope       scope       +           +           +           scope       scope       +           +
order       scope       scope       scope       scope       +           +           scope       scope       scope       +           +
reorder     scope       role        role        role        +           +           scope       scope       scope       +           +
note        scope       +           +           +           +           +           scope       scope       scope       +           +
cancel      scope       role        role        role        +           +           scope       scope       scope       +           +
drug        scope       scope       scope       scope       +           +           scope       scope       scope       +           +
claim       +           +           +           +           +           +           scope       scope       scope       role        +
finish      act         act         act         act         act         act         scope       scope       scope       act         +
vital       sup,id      id          id          id          id          id          scope       scope       scope       +           +
habit       +           +           +           +           +           +           scope       scope       scope       +           +
entered     sup         +           +           +           role        role        scope       scope       scope       +           +
verified    role,dev,lot,own  dev,lot,own  dev,lot,own  dev,lot,own  role,dev,lot,own  role,dev,lot,own  scope  scope  scope  +  +
amended     role,sign   sign        sign        sign        role,sign   role,sign  scope    scope       scope       +           +
cancelled   role,sign   role,sign   sign        sign        role,sign   role,sign  scope    scope       scope       +           +
message     +           +           +           +           +           +           +           scope       scope       +           +
call        act         act         act         act         act         act         act         scope       scope       act         +
sign-off    scope       scope       scope       scope       scope       scope       scope       role,sign   scope       role,sign   +
authorise   scope       scope       scope       scope         scope       scope       scope       +           scope       +           +
own-role    scope       scope       scope       self        scope       scope       scope       self        scope       .           .
calibrate   scope       scope       +           +           scope       scope       scope       scope       +           role        +
visit       scope       scope       scope       scope       +           +           +           scope       scope       +           +
catalogue   scope       scope       scope       +           scope       scope       scope       +           scope       scope       +
"""


def _rows() -> list[tuple[str, dict[str, str]]]:
    lines = [line.split() for line in EXPECTED.strip().splitlines()]
    assert tuple(lines[0][1:]) == WHO
    return [(line[0], dict(zip(WHO, line[1:], strict=True))) for line in lines[1:]]


def _put(site: ApiClinic, type_: str, own: str, **changes: Any) -> tuple[str, str, Json]:
    return "PUT", f"/{type_}/{own}", {**site.kept(type_, own), **changes}


def _ordered(site: ApiClinic) -> str:
    site.clinic.tell(minutes=800)  # beyond the hours in which a repeated order is asked about
    made = site.api("move").create(order())
    return str(made["id"])


def _task(site: ApiClinic, **changes: Any) -> tuple[str, str, Json]:
    task = {
        "resourceType": "Task",
        "status": "requested",
        "intent": "order",
        "code": coded("https://benchside.org/fhir/CodeSystem/work", "collect"),
        "for": {"reference": "Patient/ana"},
        "basedOn": [{"reference": f"ServiceRequest/{_ordered(site)}"}],
    }
    return _put(site, "Task", site.api("move").create(task)["id"], **changes)


def _lab(site: ApiClinic, status: str) -> Json:
    return result(status=status, basedOn=[{"reference": f"ServiceRequest/{_ordered(site)}"}])


def _kept_lab(site: ApiClinic, status: str) -> tuple[str, str, Json]:
    made = site.api("move").create(_lab(site, "final"))
    return _put(site, "Observation", made["id"], status=status, note=[{"text": "the sample was mixed up"}])


def _staff(code: str, system: str, whom: str) -> Json:
    return {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": f"Practitioner/{whom}"},
        "code": [coded(f"https://benchside.org/fhir/CodeSystem/{system}", code)],
    }


def _calibrated(site: ApiClinic) -> tuple[str, str, Json]:
    own = f"centrifuge-{site.versions()}"
    site.clinic.write(device(own, "centrifuge"))
    changed = as_json(device(own, "centrifuge"))
    changed["extension"][0]["valueDateTime"] = "2027-06-01T00:00:00Z"
    return "PUT", f"/Device/{own}", changed


def _message(category: str) -> Json:
    concept = coded("https://benchside.org/fhir/CodeSystem/message", category)
    return {"resourceType": "Communication", "status": "completed", "category": [concept], "payload": [{"contentString": "hello"}]}


VISIT = {"resourceType": "Encounter", "status": "planned", "class": {"code": "AMB"}}
DRUG = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "order",
    "medicationCodeableConcept": {"text": "paracetamol"},
    "subject": {"reference": "Patient/ana"},
}
KINDS: dict[str, Callable[[ApiClinic, str], tuple[str, str, Json]]] = {
    "patient": lambda site, who: ("POST", "/Patient", {"resourceType": "Patient", "name": [{"family": who}]}),
    "contact": lambda site, who: _put(site, "Patient", "ana", telecom=[{"system": "phone", "value": f"1{len(who)}"}]),
    "order": lambda site, who: ("POST", "/ServiceRequest", order({"nora": "718-7", "dana": "2160-0"}.get(who, "2345-7"))),
    "reorder": lambda site, who: _put(site, "ServiceRequest", _ordered(site), priority="stat"),
    "note": lambda site, who: _put(site, "ServiceRequest", _ordered(site), note=[{"text": "the patient is hard of hearing"}]),
    "cancel": lambda site, who: _put(site, "ServiceRequest", _ordered(site), status="revoked", note=[{"text": "no longer needed"}]),
    "drug": lambda site, who: ("POST", "/MedicationRequest", DRUG),
    "claim": lambda site, who: _task(site, status="accepted", owner={"reference": f"Practitioner/{'tara' if who in SYSTEMS else who}"}),
    "finish": lambda site, who: _task(site, status="completed"),
    "vital": lambda site, who: ("POST", "/Observation", pulse()),
    "habit": lambda site, who: ("POST", "/Observation", pulse(category=[{"text": "habit"}], code={"text": "smokes"})),
    "entered": lambda site, who: ("POST", "/Observation", _lab(site, "preliminary")),
    "verified": lambda site, who: ("POST", "/Observation", _lab(site, "final")),
    "amended": lambda site, who: _kept_lab(site, "amended"),
    "cancelled": lambda site, who: _kept_lab(site, "entered-in-error"),
    "message": lambda site, who: ("POST", "/Communication", _message("message")),
    "call": lambda site, who: ("POST", "/Communication", _message("critical-call")),
    "sign-off": lambda site, who: ("POST", "/PractitionerRole", _staff("venipuncture", "competence", "theo")),
    "authorise": lambda site, who: ("POST", "/PractitionerRole", _staff("technician", "role", "theo")),
    "own-role": lambda site, who: _put(site, "PractitionerRole", _own_role(site, who), availabilityExceptions="none"),
    "calibrate": lambda site, who: _calibrated(site),
    "visit": lambda site, who: ("POST", "/Encounter", VISIT),
    "catalogue": lambda site, who: ("POST", "/ActivityDefinition", {"resourceType": "ActivityDefinition", "status": "draft"}),
}


def _own_role(site: ApiClinic, who: str) -> str:
    return str(
        site.clinic.rows(
            "SELECT r.id FROM staff_role s JOIN record_resource r ON r.key = s.resource WHERE s.practitioner = ? AND s.kind = 'role'", who
        )[0][0]
    )


def _outcome(site: ApiClinic, who: str, kind: str) -> set[str]:
    method, place, body = KINDS[kind](site, who)
    answer = site.api(who).call(method, place, body)
    if answer.status_code in (200, 201):
        return {"+"}
    assert answer.status_code in (403, 422), answer.content
    outcome = msgspec.json.decode(answer.content)
    codes = site.codes(outcome)
    short = {code: name for name, code in CODES.items()}
    return {short.get(code, code) for code in codes} if codes else {"scope"}


@pytest.mark.parametrize(("kind", "expected"), _rows(), ids=[kind for kind, _ in _rows()])
def test_who_may_write_what(site: ApiClinic, kind: str, expected: dict[str, str]) -> None:
    found = {who: _outcome(site, who, kind) for who, cell in expected.items() if cell != "."}
    assert found == {who: set(cell.split(",")) for who, cell in expected.items() if cell != "."}
