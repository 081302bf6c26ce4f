"""The API as a client sees it: a signed-in caller on a fresh record, on each engine."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from django.http import HttpResponse
from django.test import Client

from benchside.accounts.models import Person, System
from benchside.accounts.tokens import make_token

FHIR = "application/fhir+json"
Json = dict[str, Any]


@dataclass
class Api:
    """A caller with a token; `last` is the answer that came last."""

    token: str | None
    last: HttpResponse | None = None

    def call(
        self, method: str, path: str, body: Json | list[Json] | bytes | str | None = None, *, kind: str = FHIR, **headers: str
    ) -> HttpResponse:
        """Send a request below the base; header names as HTTP writes them, with _ for -."""
        sent = body if isinstance(body, bytes | str) else b"" if body is None else msgspec.json.encode(body)
        meta = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        if self.token is not None and "HTTP_AUTHORIZATION" not in meta:
            meta["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        client = Client(raise_request_exception=False)
        content_type = kind if sent or method in {"POST", "PUT", "PATCH"} else ""
        self.last = client.generic(method, f"/fhir{path}", data=sent, content_type=content_type, **meta)
        return self.last

    def json(
        self,
        method: str,
        path: str,
        body: Json | list[Json] | bytes | str | None = None,
        *,
        expect: int = 200,
        kind: str = FHIR,
        **headers: str,
    ) -> Json:
        """Send a request, insist on the status, and give the body as JSON."""
        answer = self.call(method, path, body, kind=kind, **headers)
        assert answer.status_code == expect, f"{answer.status_code}: {answer.content[:600]!r}"
        return json_of(answer)

    def get(self, path: str, *, expect: int = 200, **headers: str) -> Json:
        """GET as JSON."""
        return self.json("GET", path, expect=expect, **headers)

    def create(self, resource: Json, **headers: str) -> Json:
        """POST a resource to its type and give what was kept."""
        return self.json("POST", f"/{resource['resourceType']}", resource, expect=201, **headers)

    def put(self, resource: Json, *, expect: int = 200, **headers: str) -> Json:
        """PUT a resource at its id."""
        return self.json("PUT", f"/{resource['resourceType']}/{resource['id']}", resource, expect=expect, **headers)


def json_of(answer: HttpResponse) -> Json:
    """The body of an answer as JSON, decimals kept."""
    decoded: Json = msgspec.json.Decoder(dict[str, Any], float_hook=None).decode(answer.content)
    return decoded


def issues(outcome: Json) -> list[tuple[str, str]]:
    """(code, words) of each issue of an OperationOutcome."""
    assert outcome["resourceType"] == "OperationOutcome", outcome
    return [(issue["code"], issue.get("diagnostics", "")) for issue in outcome["issue"]]


def system_token(*roles: str, scopes: list[str] | None = None, patient: str = "", name: str = "test") -> str:
    """A token of a system with these roles."""
    system, _ = System.objects.get_or_create(name=f"{name} {' '.join(roles)}", defaults={"roles": list(roles)})
    return make_token(system, purpose="test", at=datetime.now(UTC), scopes=scopes, patient=patient).text


def person_token(*roles: str, reference: str = "", username: str = "ana") -> str:
    """A token of a person with these roles."""
    person = Person.objects.add(username, username.title(), roles=list(roles), reference=reference, password=None)
    return make_token(person, purpose="test", at=datetime.now(UTC)).text


@pytest.fixture
def api(database: str) -> Api:
    """A caller who may do everything, on an empty record."""
    del database
    return Api(system_token("system.migration"))


@pytest.fixture
def sqlite_api(sqlite_database: str) -> Api:
    """Like `api`, on SQLite alone, where the engine makes no difference."""
    del sqlite_database
    return Api(system_token("system.migration"))


def patient(**more: Any) -> Json:
    """A patient with a name and an identifier."""
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:benchside:test:mrn", "value": "100"}],
        "name": [{"family": "Silva", "given": ["Ana"]}],
        **more,
    }


def observation(patient_id: str, beats: int = 70, at: str = "2026-03-02T08:00:00Z", **more: Any) -> Json:
    """A heart rate."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": f"Patient/{patient_id}"},
        "effectiveDateTime": at,
        "valueQuantity": {"value": beats, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
        **more,
    }
