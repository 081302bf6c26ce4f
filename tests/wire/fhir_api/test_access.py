"""Who may: sign-in, scopes, one patient's own data, and the note of what was seen."""

from datetime import UTC, datetime, timedelta

import pytest

from benchside.accounts.models import System, Token
from tests.wire.fhir_api.conftest import Api, issues, observation, patient, person_token, system_token


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer nonsense", "Bearer bst_nonsense", "Basic YTpi", "bst_x"])
@pytest.mark.parametrize("place", ["/Patient", "/Patient/1", "/", "/Nonsense", "/$export", "/_export/1"])
def test_nothing_without_sign_in(sqlite_api: Api, authorization: str | None, place: str) -> None:
    stranger = Api(token=None)
    headers = {} if authorization is None else {"authorization": authorization}
    outcome = stranger.get(place, expect=401, **headers)
    assert issues(outcome)[0][0] == "login"
    assert stranger.last is not None
    assert stranger.last["WWW-Authenticate"].startswith("Bearer")
    assert sqlite_api.token


def test_capabilities_and_options_need_no_sign_in(sqlite_api: Api) -> None:
    stranger = Api(token=None)
    assert stranger.get("/metadata")["resourceType"] == "CapabilityStatement"
    answer = stranger.call("OPTIONS", "/Patient")
    assert answer.status_code == 204
    assert "POST" in answer["Allow"]
    assert sqlite_api.token


def test_a_token_ends_when_it_expires_or_is_revoked(sqlite_api: Api) -> None:
    sqlite_api.get("/Patient")
    Token.objects.update(revoked=datetime.now(UTC))
    sqlite_api.get("/Patient", expect=401)
    Token.objects.update(revoked=None, expires=datetime.now(UTC) - timedelta(seconds=1))
    sqlite_api.get("/Patient", expect=401)
    Token.objects.update(expires=datetime.now(UTC) + timedelta(days=1))
    sqlite_api.get("/Patient")
    System.objects.update(is_active=False)
    sqlite_api.get("/Patient", expect=401)


REFUSED = [
    ("GET", "/Patient/1", "system/Patient.r"),
    ("GET", "/Patient/1/_history/1", "system/Patient.r"),
    ("GET", "/Patient/1/_history", "system/Patient.r"),
    ("GET", "/Patient/_history", "system/Patient.s"),
    ("GET", "/_history", "system/Account.s"),
    ("GET", "/Patient", "system/Patient.s"),
    ("POST", "/Patient/_search", "system/Patient.s"),
    ("GET", "/Patient/1/Observation", None),
    ("GET", "/Device?patient.name=x", "system/Patient.s"),
    ("GET", "/Device?_has:Observation:device:code=x", None),
    ("GET", "/Device?_revinclude=DeviceMetric:source", "system/DeviceMetric.s"),
    ("POST", "/Patient", "system/Patient.c"),
    ("PUT", "/Patient/1", "system/Patient.u"),
    ("PATCH", "/Patient/1", "system/Patient.u"),
    ("DELETE", "/Patient/1", "system/Patient.d"),
    ("DELETE", "/Patient?_id=1", "system/Patient.d"),
    ("GET", "/Patient/1/$everything", "system/Patient.r"),
    ("GET", "/Patient/$validate?mode=create", "system/Patient.c"),
    ("GET", "/Patient/$export", "system/Account.r"),
]


@pytest.mark.parametrize(("method", "place", "scope"), REFUSED)
def test_a_missing_scope_is_named(sqlite_database: str, method: str, place: str, scope: str | None) -> None:
    narrow = Api(system_token("system.migration", scopes=["system/Observation.cruds", "system/Device.cruds"]))
    kind = "application/x-www-form-urlencoded" if place.endswith("_search") else "application/fhir+json"
    body = "" if place.endswith("_search") else patient()
    headers = {"prefer": "respond-async"} if "export" in place else {}
    outcome = narrow.json(method, place, body if method != "GET" else None, expect=200 if scope is None else 403, kind=kind, **headers)
    if scope is not None:
        ((code, words),) = issues(outcome)
        assert code == "forbidden"
        assert scope in words
        assert narrow.last is not None
        assert scope in narrow.last["WWW-Authenticate"]
    assert sqlite_database


def test_a_transaction_names_every_missing_scope(sqlite_database: str) -> None:
    narrow = Api(system_token("system.migration", scopes=["system/Observation.cruds"]))
    entries = [
        {"resource": patient(), "request": {"method": "POST", "url": "Patient"}},
        {"request": {"method": "DELETE", "url": "Device/1"}},
    ]
    outcome = narrow.json("POST", "/", {"resourceType": "Bundle", "type": "transaction", "entry": entries}, expect=403)
    assert "system/Device.d" in issues(outcome)[0][1]
    assert "system/Patient.c" in issues(outcome)[0][1]
    assert sqlite_database


def test_included_resources_need_their_own_scope(sqlite_api: Api) -> None:
    ana = sqlite_api.create(patient())["id"]
    sqlite_api.create(observation(ana))
    narrow = Api(system_token("system.migration", scopes=["system/Observation.rs"]))
    narrow.get("/Observation?_include=Observation:subject:Patient", expect=403)
    found = narrow.get("/Observation?_include=Observation:subject")
    assert [entry["search"]["mode"] for entry in found["entry"]] == ["match"]


def test_a_patient_sees_the_own_data_only(api: Api) -> None:
    ana, rui = api.create(patient())["id"], api.create(patient())["id"]
    of_ana, of_rui = api.create(observation(ana))["id"], api.create(observation(rui))["id"]
    herself = Api(person_token("patient", reference=f"Patient/{ana}"))
    assert herself.get(f"/Patient/{ana}")["id"] == ana
    assert herself.get(f"/Observation/{of_ana}")["id"] == of_ana
    for place in (f"/Patient/{rui}", f"/Observation/{of_rui}", f"/Observation/{of_rui}/_history", f"/Observation/{of_rui}/_history/1"):
        assert issues(herself.get(place, expect=404))[0][0] == "not-found"
    assert [entry["resource"]["id"] for entry in herself.get("/Observation")["entry"]] == [of_ana]
    assert herself.get(f"/Observation?subject=Patient/{rui}")["total"] == 0
    assert herself.get(f"/Patient/{rui}/Observation")["total"] == 0
    assert herself.get("/Patient")["total"] == 1
    herself.get("/Observation/_history", expect=403)
    herself.get(f"/Patient/{rui}/$everything", expect=404)
    assert herself.get(f"/Patient/{ana}/$everything")["total"] == 2


def test_a_token_may_be_bound_to_one_patient(api: Api) -> None:
    ana, rui = api.create(patient())["id"], api.create(patient())["id"]
    bound = Api(system_token("system.migration", scopes=["patient/Observation.cruds", "patient/Patient.rs"], patient=ana))
    made = bound.create(observation(ana))
    bound.json("POST", "/Observation", observation(rui), expect=403)
    bound.json("PUT", f"/Observation/{made['id']}", {**made, "subject": {"reference": f"Patient/{rui}"}}, expect=403)
    of_rui = api.create(observation(rui))
    bound.json("PUT", f"/Observation/{of_rui['id']}", {**of_rui, "subject": {"reference": f"Patient/{ana}"}}, expect=404)
    bound.json("DELETE", f"/Observation/{of_rui['id']}", expect=404)
    entries = [{"resource": observation(rui), "request": {"method": "POST", "url": "Observation"}}]
    bound.json("POST", "/", {"resourceType": "Bundle", "type": "transaction", "entry": entries}, expect=403)
    assert api.get(f"/Observation?patient={rui}")["total"] == 1


def test_reads_and_searches_are_noted_with_who_what_and_why(api: Api) -> None:
    ana = api.create(patient())["id"]
    api.create(observation(ana))
    nurse = Api(person_token("clinician", reference="Practitioner/7"))
    nurse.get(f"/Patient/{ana}", x_purpose_of_use="TREAT")
    nurse.get(f"/Observation?patient={ana}&_count=5")
    events = api.get(f"/AuditEvent?agent=Practitioner/7&patient={ana}&action=R")
    assert events["total"] == 2
    searched, read = (entry["resource"] for entry in events["entry"])
    assert read["subtype"][0]["code"] == "read"
    assert read["agent"][0]["who"] == {"reference": "Practitioner/7"}
    assert read["purposeOfEvent"][0]["coding"][0]["code"] == "TREAT"
    assert {"reference": f"Patient/{ana}"} in [entity["what"] for entity in read["entity"] if "what" in entity]
    assert searched["subtype"][0]["code"] in {"search", "search-type"}
    again = api.get(f"/AuditEvent/{read['id']}")
    assert again["recorded"] == read["recorded"]


def _code(system: str, code: str) -> dict[str, object]:
    return {"coding": [{"system": f"https://benchside.org/fhir/CodeSystem/{system}", "code": code}]}


def test_commits_are_told_as_audit_event_and_provenance(api: Api) -> None:
    api.put(
        {"resourceType": "Practitioner", "id": "7", "active": True, "qualification": [{"code": _code("credential", "licence")}]}, expect=201
    )
    api.create({"resourceType": "PractitionerRole", "practitioner": {"reference": "Practitioner/7"}, "code": [_code("role", "nurse")]})
    nurse = Api(person_token("clinician", reference="Practitioner/7"))
    ana = api.create(patient())["id"]
    made = nurse.create(observation(ana, code={"text": "smokes"}), x_purpose_of_use="TREAT")
    events = api.get(f"/AuditEvent?entity=Observation/{made['id']}&action=C")
    assert events["total"] == 1
    assert events["entry"][0]["resource"]["agent"][0]["who"] == {"reference": "Practitioner/7"}
    told = api.get(f"/Provenance?target=Observation/{made['id']}")
    assert told["total"] == 1
    provenance = told["entry"][0]["resource"]
    assert provenance["target"] == [{"reference": f"Observation/{made['id']}/_history/1"}]
    assert api.get(f"/Provenance/{provenance['id']}")["agent"] == provenance["agent"]
    assert api.get("/AuditEvent?date=lt2020-01-01")["total"] == 0
    api.get("/AuditEvent?site=x", expect=400)
    api.json("PUT", "/Provenance/commit-1", {**provenance, "id": "commit-1"}, expect=409)


def test_audit_events_sent_by_others_are_found_with_ours_page_by_page(api: Api) -> None:
    ana = api.create(patient())["id"]
    sent = {
        "resourceType": "Provenance",
        "target": [{"reference": f"Patient/{ana}"}],
        "recorded": "2026-03-02T08:00:00Z",
        "agent": [{"who": {"display": "an EHR"}}],
    }
    kept = api.create(sent)
    place, seen = f"/Provenance?target=Patient/{ana}&_count=1", list[str]()
    while place:
        page = api.get(place)
        assert page["total"] == 2
        seen += [entry["resource"]["id"] for entry in page["entry"]]
        place = next((link["url"].removeprefix("http://testserver/fhir") for link in page["link"] if link["relation"] == "next"), "")
    assert seen[0] == kept["id"]
    assert len(seen) == 2
