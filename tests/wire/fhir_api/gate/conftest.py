"""The clinic of the stories, met through the FHIR API: each person and system with a token, the door's clock told."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from types import SimpleNamespace
from typing import Any

import pytest

from benchside.fhir import r4, write
from benchside.readiness.gathering.kept import extension_url
from benchside.wire.fhir_api import door
from tests.acts.clinic import Clinic, held, open_clinic, practitioner
from tests.wire.fhir_api.conftest import Api, Json, json_of, person_token, system_token

LOINC = "http://loinc.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ACCOUNT_ROLES = {
    "juno": "technician.junior",
    "tara": "technician",
    "theo": "technician",
    "sena": "technician.senior",
    "lena": "technician.lead",
    "nora": "clinician",
    "dana": "clinician",
    "fred": "front-desk",
    "abel": "administrator",
    "beth": "biomedical-engineer",
}
SYSTEMS = {"ehr": "system.interface", "move": "system.migration"}


@dataclass
class ApiClinic:
    """A clinic in the morning, and its API."""

    clinic: Clinic
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    def api(self, who: str) -> Api:
        """The API as this person or system calls it."""
        if who not in self.tokens:
            if who in SYSTEMS:
                self.tokens[who] = system_token(SYSTEMS[who], name=who)
            else:
                self.tokens[who] = person_token(ACCOUNT_ROLES[who], reference=f"Practitioner/{who}", username=who)
        return Api(self.tokens[who])

    def codes(self, outcome: Json) -> list[str]:
        """The refusal codes of an OperationOutcome, in their order."""
        codings = [coding for issue in outcome["issue"] for coding in issue.get("details", {}).get("coding", [])]
        return [coding["code"] for coding in codings if coding["system"].endswith("/CodeSystem/refusal")]

    def refused(self, who: str, method: str, path: str, body: Any, status: int, **headers: str) -> list[str]:
        """Insist that a write is refused with this status; its codes. Nothing was written."""
        before = self.versions()
        codes = self.codes(self.api(who).json(method, path, body, expect=status, **headers))
        assert self.versions() == before
        return codes

    def versions(self) -> int:
        """How many versions the record has in all."""
        return int(self.clinic.rows("SELECT count(*) FROM record_version")[0][0])

    def work(self, kind: str, *, open_only: bool = True) -> list[str]:
        """Ids of the tasks of a kind."""
        sql = "SELECT id FROM work_row WHERE kind = ? AND open >= ? ORDER BY authored_us, id"
        return [row[0] for row in self.clinic.rows(sql, kind, int(open_only))]

    def last_commit(self) -> tuple[str, str]:
        """Author and act of the newest commit."""
        row = self.clinic.rows("SELECT author, act FROM record_commit ORDER BY number DESC LIMIT 1")[0]
        return row[0], row[1]

    def evidence(self, who: str) -> list[str]:
        """The acts that are evidence for a person."""
        rows = self.clinic.rows("SELECT act FROM readiness_evidence WHERE practitioner = ? ORDER BY id", f"Practitioner/{who}")
        return [row[0] for row in rows]

    def kept(self, type_: str, own: str) -> Json:
        """A resource as it is kept."""
        return json_of(SimpleNamespace(content=self.clinic.record.read(type_, own).content))  # type: ignore[arg-type]  # content is all it looks at


@pytest.fixture
def site(database: str, monkeypatch: pytest.MonkeyPatch) -> ApiClinic:
    """The clinic with an administrator and a biomedical engineer; the API's clock is the clinic's."""
    del database
    clinic = open_clinic()
    clinic.write(
        practitioner("abel", "Admin"),
        held("abel", "https://benchside.org/fhir/CodeSystem/role", "administrator"),
        practitioner("beth", "Engineer"),
        held("beth", "https://benchside.org/fhir/CodeSystem/role", "biomedical_engineer"),
    )

    def now(zone: tzinfo) -> datetime:
        return clinic.now.astimezone(zone)

    monkeypatch.setattr(door, "datetime", SimpleNamespace(now=now))
    return ApiClinic(clinic)


def coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def order(loinc: str = "2823-3", patient: str = "ana", **more: Any) -> Json:
    """A ServiceRequest as an EHR sends it: active, an order, its test by LOINC."""
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "code": coded(LOINC, loinc),
        "subject": {"reference": f"Patient/{patient}"},
        "requester": {"reference": "Practitioner/dana"},
        **more,
    }


def result(loinc: str = "2823-3", value: str = "4.1", unit: str = "mmol/L", patient: str = "ana", **more: Any) -> Json:
    """A laboratory Observation."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [coded(CATEGORY, "laboratory")],
        "code": coded(LOINC, loinc),
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": "2026-05-11T07:50:00Z",
        "valueQuantity": {"value": float(value), "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
        **more,
    }


def pulse(value: int = 72, patient: str = "ana", **more: Any) -> Json:
    """A heart rate."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [coded(CATEGORY, "vital-signs")],
        "code": coded(LOINC, "8867-4"),
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": "2026-05-11T08:00:00Z",
        "valueQuantity": {"value": value, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
        **more,
    }


def identified(family: str = "Silva", given: str = "Ana Maria", born: str = "1980-02-03", at: str = "2026-05-11T07:59:00Z") -> Json:
    """How a program says by what the patient was identified."""
    return {
        "url": extension_url("identification"),
        "extension": [
            {"url": "family", "valueString": family},
            {"url": "given", "valueString": given},
            {"url": "birth-date", "valueDate": born},
            {"url": "at", "valueDateTime": at},
        ],
    }


def supervised_by(who: str) -> Json:
    """How a program names the supervisor who is present."""
    return {"url": extension_url("supervisor"), "valueReference": {"reference": f"Practitioner/{who}"}}


def as_json(resource: r4.AnyResource) -> Json:
    """A resource as a client would send it."""
    return json_of(SimpleNamespace(content=write(resource)))  # type: ignore[arg-type]  # content is all it looks at
