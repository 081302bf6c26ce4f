"""Stories: results that other systems and people send about our orders."""

import pytest

from tests.acts.clinic import device, held
from tests.wire.fhir_api.gate.conftest import ApiClinic, order, result

REAGENT = {
    "url": "https://benchside.org/fhir/StructureDefinition/lot",
    "extension": [
        {"url": "kind", "valueCode": "reagent"},
        {"url": "number", "valueString": "R77"},
        {"url": "expires", "valueDate": "2026-12-31"},
    ],
}
ANALYZER = {"reference": "Device/analyzer"}


def based_on(own: str) -> dict[str, object]:
    return {"basedOn": [{"reference": f"ServiceRequest/{own}"}]}


def test_a_critical_result_by_an_interface_is_called_and_put_before_who_ordered(site: ApiClinic) -> None:
    own = site.api("ehr").create(order())["id"]
    kept = site.api("ehr").create(result(value="7.1", **based_on(own)))
    assert site.last_commit()[1] == "take_in_result"
    assert kept["interpretation"][0]["coding"][0]["code"] == "HH"
    (call,) = site.work("call-critical")
    assert site.clinic.rows("SELECT focus, priority, words FROM work_row WHERE id = ?", call) == [
        (f"Observation/{kept['id']}", 0, "Potassium 7.1 mmol/L")
    ]
    (review,) = site.work("review-result")
    assert site.clinic.rows("SELECT owner, priority FROM work_row WHERE id = ?", review) == [("Practitioner/dana", 0)]
    report = site.kept("Task", review)["focus"]["reference"].partition("/")[2]
    assert site.kept("DiagnosticReport", report)["result"] == [{"reference": f"Observation/{kept['id']}"}]
    assert site.kept("ServiceRequest", own)["status"] == "completed"
    assert site.work("collect") == []


def test_a_preliminary_critical_result_is_called_once(site: ApiClinic) -> None:
    own = site.api("ehr").create(order())["id"]
    kept = site.api("ehr").create(result(value="7.1", **{**based_on(own), "status": "preliminary"}))
    assert len(site.work("call-critical")) == 1
    assert site.kept("ServiceRequest", own)["status"] == "active"
    site.clinic.tell(minutes=10)
    site.api("ehr").put({**kept, "status": "final"})
    assert len(site.work("call-critical")) == 1
    assert site.kept("ServiceRequest", own)["status"] == "completed"
    assert len(site.work("review-result")) == 1


def test_a_corrected_result_is_told_and_its_call_withdrawn(site: ApiClinic) -> None:
    own = site.api("ehr").create(order())["id"]
    kept = site.api("ehr").create(result(value="7.1", **based_on(own)))
    site.clinic.tell(minutes=10)
    changed = {key: value for key, value in kept.items() if key != "interpretation"}
    site.api("ehr").put({**changed, "status": "corrected", "valueQuantity": {**kept["valueQuantity"], "value": 4.2}})
    assert site.work("call-critical") == []
    told = site.clinic.rows("SELECT recipient, words FROM communication_row WHERE kind = 'amendment'")
    assert told == [("Practitioner/dana", "Potassium 7.1 mmol/L: changed to 4.2 mmol/L")]
    assert len(site.work("review-result")) == 1


def test_a_released_value_never_changes_silently(site: ApiClinic) -> None:
    own = site.api("ehr").create(order())["id"]
    kept = site.api("ehr").create(result(**based_on(own)))
    silent = {**kept, "valueQuantity": {**kept["valueQuantity"], "value": 5.2}}
    assert site.refused("ehr", "PUT", f"/Observation/{kept['id']}", silent, 422) == ["results.state.not-possible"]
    back = {**kept, "status": "preliminary"}
    assert site.refused("ehr", "PUT", f"/Observation/{kept['id']}", back, 422) == ["results.state.not-possible"]
    site.api("ehr").put({**kept, "note": [{"text": "sample slightly icteric"}]})


def test_a_result_of_nothing_of_ours_is_only_kept(site: ApiClinic) -> None:
    site.api("ehr").create(result(value="7.1"))
    assert site.work("call-critical") == []
    assert site.work("review-result") == []


def test_a_report_of_its_own_is_the_one_that_is_read(site: ApiClinic) -> None:
    own = site.api("ehr").create(order())["id"]
    full = "urn:uuid:22222222-2222-4222-8222-222222222222"
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": order()["code"],
        "subject": {"reference": "Patient/ana"},
        "result": [{"reference": full}],
        **based_on(own),
    }
    entries = [
        {"fullUrl": full, "resource": result(), "request": {"method": "POST", "url": "Observation"}},
        {"resource": report, "request": {"method": "POST", "url": "DiagnosticReport"}},
    ]
    answered = site.api("ehr").json("POST", "/", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    place = answered["entry"][1]["response"]["location"].split("/DiagnosticReport/")[1].split("/")[0]
    (review,) = site.work("review-result")
    assert site.kept("Task", review)["focus"]["reference"] == f"DiagnosticReport/{place}"
    assert site.clinic.rows("SELECT count(*) FROM report_row") == [(1,)]
    assert site.kept("ServiceRequest", own)["status"] == "completed"


def test_a_persons_own_result_is_verified_by_somebody_else(site: ApiClinic) -> None:
    own = site.api("ehr").create(order())["id"]
    more = {**based_on(own), "device": ANALYZER, "extension": [REAGENT], "status": "preliminary"}
    kept = site.api("tara").create(result(**more))
    assert site.last_commit() == ("Practitioner/tara", "enter_result")
    assert site.evidence("tara") == ["enter_result"]
    final = {**kept, "status": "final", "performer": [{"reference": "Practitioner/theo"}]}
    place = f"/Observation/{kept['id']}"
    assert site.refused("tara", "PUT", place, final, 403) == ["second-person.same"]
    bare = {key: value for key, value in final.items() if key not in ("device", "extension")}
    assert site.refused("theo", "PUT", place, bare, 422) == ["equipment.none", "lot.none"]
    site.api("theo").put({**kept, "status": "final"})
    assert site.last_commit() == ("Practitioner/theo", "verify_result")
    assert site.evidence("theo") == ["verify_result"]
    assert len(site.work("review-result")) == 1


@pytest.mark.parametrize(
    ("state", "code"),
    [("failed", "equipment.qc-failed"), ("due", "equipment.qc-due")],
)
def test_a_device_whose_control_does_not_hold_brings_no_result(site: ApiClinic, state: str, code: str) -> None:
    broken = device("broken", "analyzer")
    assert broken.extension is not None
    broken.extension[1].valueCode = state  # the control's state
    site.clinic.write(broken)
    body = result(device={"reference": "Device/broken"})
    assert site.refused("ehr", "POST", "/Observation", body, 422) == [code]


def test_a_lapsed_competence_is_refused_with_every_reason(site: ApiClinic) -> None:
    site.clinic.write(
        held("tara", "https://benchside.org/fhir/CodeSystem/competence", "bench_testing", end="2026-05-03", id_="tara-bench-testing")
    )
    own = site.api("ehr").create(order(status="draft"))["id"]
    body = result(value="71", **{**based_on(own), "status": "preliminary"})
    codes = site.refused("tara", "POST", "/Observation", body, 403)
    assert codes == ["competence.lapsed", "order.not-active", "results.value.implausible"]
    outcome = site.api("tara").json("POST", "/Observation", body, expect=403, accept_language="es")
    first = outcome["issue"][0]
    assert first["details"]["text"].startswith("Su certificación en análisis en el laboratorio venció")
    assert "sénior" in first["diagnostics"]
    assert first["details"]["coding"][1]["code"] == "enter_result"
    counted = site.clinic.rows("SELECT practitioner, act, code FROM readiness_refusal ORDER BY id")
    assert counted[:3] == [("Practitioner/tara", "enter_result", code) for code in codes]
    assert site.evidence("tara") == []


def test_a_result_of_one_patient_for_the_order_of_another_is_refused(site: ApiClinic) -> None:
    own = site.api("ehr").create(order())["id"]
    assert site.refused("ehr", "POST", "/Observation", result(patient="bea", **based_on(own)), 422) == ["identification.other-patient"]


def test_a_recalled_lot_brings_no_result_and_controls_are_run_not_written(site: ApiClinic) -> None:
    base = "https://benchside.org/fhir"
    lot = {
        "resourceType": "Substance",
        "status": "inactive",
        "identifier": [{"system": f"{base}/lot", "value": "R77"}],
        "code": {"coding": [{"system": f"{base}/CodeSystem/lot", "code": "reagent"}]},
        "extension": [{"url": f"{base}/StructureDefinition/recalled", "valueCode": "recalled"}],
        "instance": [{"expiry": "2026-12-31"}],
    }
    site.api("move").create(lot)
    body = result(device=ANALYZER, extension=[REAGENT])
    assert site.refused("ehr", "POST", "/Observation", body, 422) == ["lot.recalled"]
    unreadable = {**REAGENT, "extension": [*REAGENT["extension"][:2], {"url": "expires", "valueDate": "2026-12"}]}
    site.api("ehr").create(result(device=ANALYZER, extension=[unreadable]))
    control = result(category=[{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "control"}]}])
    assert site.refused("tara", "POST", "/Observation", control, 422) == ["fhir.by-act-only"]


def test_a_labelled_tube_is_not_given_to_another_patient(site: ApiClinic) -> None:
    tube = {
        "resourceType": "Specimen",
        "status": "unavailable",
        "accessionIdentifier": {"system": "https://benchside.org/fhir/accession", "value": "26-0000001"},
        "subject": {"reference": "Patient/ana"},
    }
    kept = site.api("move").create(tube)
    moved = {**kept, "subject": {"reference": "Patient/bea"}}
    for who in ("tara", "ehr"):
        assert site.refused(who, "PUT", f"/Specimen/{kept['id']}", moved, 422) == ["fhir.by-act-only"]
