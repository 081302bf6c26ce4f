"""Stories: juniors, transactions, what is written once, who nobody knows; and what no act covers."""

from tests.acts.clinic import held
from tests.wire.fhir_api.gate.conftest import ApiClinic, coded, identified, order, pulse, supervised_by

COMPETENCE = "https://benchside.org/fhir/CodeSystem/competence"


def test_a_junior_measures_beside_a_supervisor_and_an_identified_patient(site: ApiClinic) -> None:
    assert site.refused("juno", "POST", "/Observation", pulse(), 403) == ["supervision.none", "identification.none"]
    wrong = pulse(extension=[identified(born="1980-02-04"), supervised_by("juno")])
    codes = site.refused("juno", "POST", "/Observation", wrong, 403)
    assert codes == ["supervision.self", "supervision.role", "identification.mismatch", "identification.too-few"]
    site.api("juno").create(pulse(extension=[identified(), supervised_by("sena")]))
    assert site.last_commit() == ("Practitioner/juno", "record_vitals")
    assert site.clinic.rows("SELECT act, supervised_by FROM readiness_evidence") == [("record_vitals", "Practitioner/sena")]


def test_an_impossible_pulse_is_refused_by_the_bedsides_rule(site: ApiClinic) -> None:
    assert site.refused("tara", "POST", "/Observation", pulse(720, extension=[identified()]), 422) == ["vitals.sign.impossible"]


def test_a_transaction_is_refused_as_a_whole_with_the_place_of_each_reason(site: ApiClinic) -> None:
    good = {"resource": pulse(extension=[identified()]), "request": {"method": "POST", "url": "Observation"}}
    bad = {"resource": {**order(), "id": "new"}, "request": {"method": "PUT", "url": "ServiceRequest/new"}}
    site.clinic.write()
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [good, bad]}
    before = site.versions()
    outcome = site.api("tara").json("POST", "/", bundle, expect=403)
    assert site.codes(outcome) == ["role.not-permitted"]
    assert outcome["issue"][0]["expression"] == ["Bundle.entry[1].resource"]
    assert site.versions() == before
    assert (site.evidence("tara"), site.work("collect")) == ([], [])
    # In a batch each entry stands alone.
    answered = site.api("tara").json("POST", "/", {**bundle, "type": "batch"})
    assert [entry["response"]["status"][:3] for entry in answered["entry"]] == ["201", "403"]
    assert site.evidence("tara") == ["record_vitals"]


def test_what_was_said_and_heard_is_written_once(site: ApiClinic) -> None:
    line = {
        "resourceType": "Communication",
        "id": "line",
        "status": "completed",
        "category": [coded("https://benchside.org/fhir/CodeSystem/message", "critical-call")],
        "sender": {"reference": "Practitioner/tara"},
    }
    assert site.refused("tara", "POST", "/Communication", line, 422) == ["fhir.by-act-only"]
    site.api("move").put(line, expect=201)
    for who in ("tara", "dana", "ehr"):
        assert "fhir.kept-as-written" in site.refused(who, "PUT", "/Communication/line", {**line, "status": "not-done"}, 422)


def test_work_of_ours_is_claimed_but_not_finished_by_a_write(site: ApiClinic) -> None:
    site.api("ehr").create(order())
    (work,) = site.work("collect")
    task = site.kept("Task", work)
    claimed = site.api("tara").put({**task, "status": "accepted", "owner": {"reference": "Practitioner/tara"}})
    assert site.last_commit() == ("Practitioner/tara", "claim_work")
    stolen = {**claimed, "owner": {"reference": "Practitioner/theo"}}
    assert site.refused("theo", "PUT", f"/Task/{work}", stolen, 422) == ["work.claimed"]
    assert site.refused("tara", "PUT", f"/Task/{work}", {**claimed, "status": "completed"}, 422) == ["fhir.by-act-only"]
    site.api("lena").put(stolen)
    assert site.last_commit() == ("Practitioner/lena", "assign_work")


def test_nobody_authorises_themselves_and_competence_is_signed_not_written(site: ApiClinic) -> None:
    more = {
        **site.kept("PractitionerRole", "lena-lead-technician"),
        "code": [coded("https://benchside.org/fhir/CodeSystem/role", "physician")],
    }
    assert site.refused("lena", "PUT", "/PractitionerRole/lena-lead-technician", more, 403) == ["second-person.self-subject"]
    site.clinic.write(held("theo", COMPETENCE, "venipuncture", end="2026-05-01", id_="theo-vp"))
    renewed = {**site.kept("PractitionerRole", "theo-vp"), "period": {"start": "2026-05-01", "end": "2028-05-01"}}
    assert site.refused("lena", "PUT", "/PractitionerRole/theo-vp", renewed, 403) == ["signature.missing"]
    assert site.refused("ehr", "PUT", "/PractitionerRole/theo-vp", renewed, 403)[0] == "role.not-permitted"


def test_somebody_the_record_does_not_know_writes_nothing(site: ApiClinic) -> None:
    from tests.wire.fhir_api.conftest import Api, person_token

    for reference in ("", "Practitioner/nobody"):
        token = person_token("clinician", reference=reference, username=f"u{len(reference)}")
        outcome = Api(token).json(
            "POST", "/Encounter", {"resourceType": "Encounter", "status": "planned", "class": {"code": "AMB"}}, expect=403
        )
        assert "person.not-linked" in site.codes(outcome)


def test_what_no_act_covers_still_asks_for_an_authorised_person(site: ApiClinic) -> None:
    visit = {"resourceType": "Encounter", "status": "planned", "class": {"code": "AMB"}, "subject": {"reference": "Patient/ana"}}
    site.api("fred").create(visit)
    assert site.last_commit() == ("Practitioner/fred", "maintain_record")
    assert site.evidence("fred") == ["maintain_record"]
    site.clinic.write(held("fred", "https://benchside.org/fhir/CodeSystem/role", "front_desk", end="2026-05-01"))
    assert site.refused("fred", "POST", "/Encounter", visit, 403) == ["credential.lapsed"]


def test_an_import_is_an_act_of_its_own_and_makes_no_work(site: ApiClinic) -> None:
    site.api("move").create(order())
    assert site.last_commit()[1] == "import_records"
    assert site.work("collect") == []
