"""fhirclient (SMART's) and fhirpy, unchanged, against a running server."""

import pytest
from fhirclient import client as smart
from fhirclient.models.bundle import Bundle
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound
from requests.exceptions import HTTPError

from tests.clients.conftest import Running
from tests.wire.fhir_api.conftest import system_token

MRN = {"system": "urn:benchside:test:mrn", "value": "100"}
LABORATORY = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}
HEART_RATE = {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}


def heart_rate(patient: str, beats: int) -> dict[str, object]:
    """A heart rate of a patient, given as its reference."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": HEART_RATE,
        "subject": {"reference": patient},
        "valueQuantity": {"value": beats, "unit": "/min"},
    }


def test_fhirclient(server: Running) -> None:
    connected = smart.FHIRClient(settings={"app_id": "test", "api_base": server.base})
    connected.server.session.headers["Authorization"] = f"Bearer {server.token}"
    assert connected.server.capabilityStatement.fhirVersion == "4.0.1"

    ana = Patient({"identifier": [MRN], "name": [{"family": "Silva"}]})
    ana_id = ana.create(connected.server)["id"]
    read = Patient.read(ana_id, connected.server)
    assert read.name[0].family == "Silva"

    read.active = True
    assert read.update(connected.server)["meta"]["versionId"] == "2"
    connected.server.session.headers["If-Match"] = 'W/"1"'
    with pytest.raises(HTTPError, match="412"):
        read.update(connected.server)
    del connected.server.session.headers["If-Match"]

    connected.server.session.headers["If-None-Exist"] = "Patient?identifier=urn:benchside:test:mrn|100"
    assert Patient({"identifier": [MRN]}).create(connected.server)["id"] == ana_id
    del connected.server.session.headers["If-None-Exist"]

    entries = [
        {"request": {"method": "POST", "url": "Observation"}, "resource": heart_rate(f"Patient/{ana_id}", 60 + n)} for n in range(25)
    ]
    bundle = Bundle({"type": "transaction", "entry": entries})
    answered = connected.server.post_json("", bundle.as_json()).json()
    assert all(entry["response"]["status"].startswith("201") for entry in answered["entry"])

    search = Observation.where(struct={"patient": ana_id, "code": "http://loinc.org|8867-4", "_count": "10"})
    found = [one.valueQuantity.value for one in search.perform_resources_iter(connected.server)]
    assert sorted(found) == list(range(60, 85))
    assert search.perform(connected.server).total == 25

    history = Bundle.read_from(f"Patient/{ana_id}/_history", connected.server)
    assert history.total == 2

    gone = Patient({"name": [{"family": "Nobody"}]})
    gone.id = gone.create(connected.server)["id"]
    gone.delete(connected.server)
    with pytest.raises(HTTPError, match="410"):
        Patient.read(gone.id, connected.server)


def test_fhirpy(server: Running) -> None:
    client = SyncFHIRClient(server.base, authorization=f"Bearer {server.token}")
    ana = client.resource("Patient", identifier=[MRN], name=[{"family": "Silva"}])
    ana.save()
    assert ana["meta"]["versionId"] == "1"
    ana["active"] = True
    ana.save()
    assert ana["meta"]["versionId"] == "2"
    ana["gender"] = "female"
    ana.save(fields=["gender"])
    ana.refresh()
    assert (ana["gender"], ana["active"], ana["meta"]["versionId"]) == ("female", True, "3")
    assert client.reference("Patient", ana.id).to_resource()["name"] == [{"family": "Silva"}]
    ana.patch(birthDate="1980-02-29")
    assert ana["birthDate"] == "1980-02-29"

    by_number = client.resources("Patient").search(identifier="urn:benchside:test:mrn|100")
    same, created = by_number.get_or_create(client.resource("Patient", identifier=[MRN]))
    assert (same.id, created) == (ana.id, False)
    changed, created = by_number.update(client.resource("Patient", identifier=[MRN], name=[{"family": "Costa"}]))
    assert (changed.id, created) == (ana.id, False)
    patched = by_number.patch(active=False)
    assert patched["active"] is False

    entries = [
        {"request": {"method": "POST", "url": "/Observation"}, "resource": heart_rate(f"Patient/{ana.id}", 60 + n)} for n in range(25)
    ]
    client.resource("Bundle", type="transaction", entry=entries)
    answered = client.execute("/", data={"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert len(answered["entry"]) == 25

    rates = client.resources("Observation").search(patient=ana.id, code="http://loinc.org|8867-4").limit(10)
    assert rates.count() == 25
    assert len(rates.fetch()) == 10
    assert sorted(one["valueQuantity"]["value"] for one in rates.fetch_all()) == list(range(60, 85))
    assert sorted(one["valueQuantity"]["value"] for one in rates) == list(range(60, 85))
    newest = rates.sort("-_lastUpdated").elements("status").first()
    assert newest is not None
    assert "valueQuantity" not in newest
    included = client.resources("Observation").include("Observation", "subject").limit(5).fetch_raw()
    assert [entry.resource.id for entry in included.entry if entry.search["mode"] == "include"] == [ana.id]

    with pytest.raises(OperationOutcome):
        client.resources("Patient").search(colour="green").fetch()
    with pytest.raises(OperationOutcome):
        client.resource("Patient", gender="x").save()
    assert ana.is_valid()
    history = client.execute(f"Patient/{ana.id}/_history", method="get")
    assert history["total"] == 6

    gone = client.resource("Basic", code={"text": "x"})
    gone.save()
    gone.delete()
    with pytest.raises(ResourceNotFound):
        client.reference("Basic", gone.id).to_resource()


def test_fhirpy_as_an_interface_brings_orders_and_is_refused_in_words(server: Running) -> None:
    client = SyncFHIRClient(server.base, authorization=f"Bearer {system_token('system.interface', name='EHR')}")
    ana = client.resource("Patient", active=True, identifier=[MRN], name=[{"family": "Silva", "given": ["Ana"]}], birthDate="1980-02-03")
    ana.save()
    potassium = {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]}
    order = client.resource("ServiceRequest", status="active", intent="order", code=potassium, subject=ana.to_reference())
    order.save()
    tasks = client.resources("Task").search(patient=ana.id, status="requested").fetch()
    assert [task["code"]["coding"][0]["code"] for task in tasks] == ["collect"]
    value = {"value": 7.1, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}
    more = {"category": [LABORATORY], "code": potassium, "subject": ana.to_reference(), "basedOn": [order.to_reference()]}
    result = client.resource("Observation", status="final", effectiveDateTime="2026-05-11T08:00:00Z", valueQuantity=value, **more)
    result.save()
    order.refresh()
    assert order["status"] == "completed"
    open_tasks = client.resources("Task").search(patient=ana.id, status="requested").fetch()
    assert {task["code"]["coding"][0]["code"] for task in open_tasks} == {"call-critical", "review-result"}
    call = next(task for task in open_tasks if task["code"]["coding"][0]["code"] == "call-critical")
    call["status"] = "completed"
    with pytest.raises(OperationOutcome) as refused:
        call.save()
    assert refused.value.resource["issue"][0]["details"]["coding"][0]["code"] == "fhir.by-act-only"
