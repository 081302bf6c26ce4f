"""Stories: another system's orders become work, a technician does it, and what is revoked ends."""

import pytest

from benchside.areas.laboratory.acts import claim_work
from benchside.areas.laboratory.acts.arriving_orders import clarify_order
from benchside.terms.refusal import ActRefused
from tests.wire.fhir_api.gate.conftest import ApiClinic, coded, order


def test_an_order_of_another_system_is_work_that_a_technician_claims(site: ApiClinic) -> None:
    made = site.api("ehr").create(order())
    assert site.last_commit()[1] == "take_in_order"
    assert {coding["code"] for coding in made["code"]["coding"]} == {"2823-3", "POTASSIUM"}
    assert made["requisition"]["value"].startswith("R26-")
    (work,) = site.work("collect")
    claimed = claim_work(site.clinic.by("tara"), work)
    assert claimed.owner == "Practitioner/tara"
    # A second order of the same patient joins the tube round that nobody has begun; one of another priority does not.
    second = site.api("ehr").create(order("718-7"))
    assert site.work("collect") == [work]
    assert {line["reference"] for line in site.kept("Task", work)["basedOn"]} == {
        f"ServiceRequest/{made['id']}",
        f"ServiceRequest/{second['id']}",
    }
    site.api("ehr").create(order("2160-0", priority="stat"))
    assert len(site.work("collect")) == 2


def test_a_bundle_of_orders_is_one_round_and_one_number(site: ApiClinic) -> None:
    patient = {"resourceType": "Patient", "active": True, "name": [{"family": "Nova", "given": ["Eva"]}], "birthDate": "1990-01-01"}
    full = "urn:uuid:11111111-1111-4111-8111-111111111111"
    entries = [{"fullUrl": full, "resource": patient, "request": {"method": "POST", "url": "Patient"}}]
    for loinc in ("2823-3", "718-7", "24323-8"):
        resource = {**order(loinc), "subject": {"reference": full}}
        entries.append({"resource": resource, "request": {"method": "POST", "url": "ServiceRequest"}})
    answered = site.api("ehr").json("POST", "/", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    orders = [entry["response"]["location"].split("/ServiceRequest/")[1].split("/")[0] for entry in answered["entry"][1:]]
    assert len({site.kept("ServiceRequest", own)["requisition"]["value"] for own in orders}) == 1
    (work,) = site.work("collect")
    task = site.kept("Task", work)
    assert len(task["basedOn"]) == 3
    assert task["groupIdentifier"] == site.kept("ServiceRequest", orders[0])["requisition"]
    assert site.last_commit()[1] == "register_patient take_in_order"


def test_a_repeated_order_is_taken_in_and_told(site: ApiClinic) -> None:
    site.api("ehr").create(order())
    site.clinic.tell(minutes=5)
    told = site.api("ehr").json("POST", "/ServiceRequest", order(), expect=201, prefer="return=OperationOutcome")
    assert told["issue"][0]["severity"] == "warning"
    assert site.codes(told) == ["order.duplicate-open"]
    issue = site.api("ehr").get("/DetectedIssue?patient=ana")["entry"][0]["resource"]
    assert issue["status"] == "preliminary"
    assert "Potassium" in issue["detail"]
    # A clinician is asked first, as on the screen, and may confirm.
    assert site.refused("dana", "POST", "/ServiceRequest", order(), 422) == ["order.duplicate-open"]
    mark = {"url": "https://benchside.org/fhir/StructureDefinition/duplicate-confirmed", "valueBoolean": True}
    site.api("dana").create(order(extension=[mark]))
    assert site.evidence("dana") == ["order"]


def test_an_order_nobody_understands_is_seen_by_people(site: ApiClinic) -> None:
    made = site.api("ehr").create({**order(), "code": {"text": "the usual bloods"}})
    (work,) = site.work("order-not-understood")
    assert site.clinic.rows("SELECT words FROM work_row WHERE id = ?", work) == [("the usual bloods",)]
    assert site.work("collect") == []
    # The sender corrects it: the question is answered, and there is work.
    site.api("ehr").put({**made, "code": coded("http://loinc.org", "2823-3")})
    assert (site.work("order-not-understood"), len(site.work("collect"))) == ([], 1)


def test_a_revoked_order_ends_its_work_and_only_its_own(site: ApiClinic) -> None:
    one, other = site.api("ehr").create(order()), site.api("ehr").create(order("718-7"))
    (work,) = site.work("collect")
    site.api("ehr").json(
        "PATCH",
        f"/ServiceRequest/{one['id']}",
        [{"op": "replace", "path": "/status", "value": "revoked"}],
        kind="application/json-patch+json",
    )
    assert site.work("collect") == [work]
    assert site.kept("Task", work)["basedOn"] == [{"reference": f"ServiceRequest/{other['id']}"}]
    # A clinician must say why.
    revoked = {**site.kept("ServiceRequest", other["id"]), "status": "revoked"}
    assert site.refused("dana", "PUT", f"/ServiceRequest/{other['id']}", revoked, 422) == ["reason.missing"]
    site.api("dana").put({**revoked, "note": [{"text": "The patient went home."}]})
    assert site.work("collect") == []
    assert site.kept("Task", work)["status"] == "cancelled"
    assert site.last_commit() == ("Practitioner/dana", "cancel_order")


def test_a_plan_makes_no_work_and_an_order_for_the_dead_is_refused(site: ApiClinic) -> None:
    site.api("ehr").create(order(intent="plan"))
    site.api("ehr").create(order(status="draft"))
    assert site.work("collect") == []
    site.api("ehr").create({"resourceType": "Patient", "id": "x", "deceasedBoolean": True, "name": [{"family": "Gone"}]})
    gone = site.clinic.rows("SELECT id FROM patient_row WHERE deceased = 1")[0][0]
    assert site.refused("ehr", "POST", "/ServiceRequest", order(patient=gone), 422) == ["order.patient-deceased"]


def test_a_technician_says_what_an_unclear_order_asks_for(site: ApiClinic) -> None:
    own = site.api("ehr").create({**order(), "code": {"text": "potash"}})["id"]
    (unclear,) = site.work("order-not-understood")
    with pytest.raises(ActRefused) as refused:
        clarify_order(site.clinic.by("tara"), unclear, code="POTASH")
    assert [refusal.code for refusal in refused.value.refusals] == ["order.not-in-catalogue"]
    made = clarify_order(site.clinic.by("tara"), unclear, code="POTASSIUM")
    assert (site.work("order-not-understood"), site.work("collect")) == ([], [made.work])
    assert {coding["code"] for coding in site.kept("ServiceRequest", own)["code"]["coding"]} == {"POTASSIUM"}
    site.api("ehr").create({**order(), "code": {"text": "diet advice"}})
    (unclear,) = site.work("order-not-understood")
    assert clarify_order(site.clinic.by("tara"), unclear, note="For the dietician; told the ward.").work == ""
    with pytest.raises(ActRefused) as refused:
        clarify_order(site.clinic.by("tara"), site.work("collect")[0], note="not this one")
    assert "work.not-unclear" in [refusal.code for refusal in refused.value.refusals]
