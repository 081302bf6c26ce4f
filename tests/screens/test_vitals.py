"""Vital signs and point-of-care tests on their pages: checked while typed, refused with words, charted once."""

from collections.abc import Callable

import pytest

from benchside.areas.laboratory.acts import claim_work, identify_patient
from benchside.fhir import r4
from benchside.readiness.gathering.kept import extension_url, load
from benchside.readiness.identity import Identity
from tests.acts.clinic import Clinic, precaution
from tests.screens.conftest import Seat
from tests.stories.steps import ANA, BEA, order

AtDesk = Callable[[str], Seat]
WHO = {"wristband": "MRNana", "birth_date": "1980-02-03"}


def checked(seat: Seat, field: str, value: str, **more: str) -> str:
    answer = seat.post("/patients/ana/vitals/check", {"checked": field, field: value, **more})
    assert answer.status_code == 200
    return answer.content.decode()


def ready(clinic: Clinic, code: str, by: str = "tara", patient: str = "ana", who: Identity = ANA) -> str:
    work = order(clinic, code, patient=patient).work[0]
    claim_work(clinic.by(by), work)
    identify_patient(clinic.by(by), work, who)
    return work


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("heart_rate", "72", "Usual at this age."),
        ("heart_rate", "110", "Above the usual values of this age."),
        ("heart_rate", "140", "Critical."),
        ("heart_rate", "720", "is not possible for heart rate"),
        ("heart_rate", "fast", "Enter a number."),
        ("temperature", "98.6", "looks like Fahrenheit"),
        ("temperature", "36,8", ""),
        ("systolic_1", "88", "Critical."),
        ("diastolic_2", "85", "Usual at this age."),
        ("spo2", "84", "Critical."),
    ],
)
def test_a_value_is_judged_while_it_is_typed(clinic: Clinic, at_desk: AtDesk, field: str, value: str, words: str) -> None:
    assert words in checked(at_desk("tara"), field, value)


def test_a_prescribed_target_is_heeded_while_typing(clinic: Clinic, at_desk: AtDesk) -> None:
    assert "Critical" not in checked(at_desk("tara"), "spo2", "89", scale_2="yes")


def test_the_score_is_told_with_what_is_missing(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("tara")
    assert "still missing" in checked(seat, "heart_rate", "112")
    whole = {
        "respiratory_rate": "22", "spo2": "94", "oxygen": "oxygen", "systolic_1": "105", "diastolic_1": "60",
        "consciousness": "A", "temperature": "38.4",
    }  # fmt: skip
    assert "NEWS2 9" in checked(seat, "heart_rate", "112", **whole)
    child = seat.post("/patients/kid/vitals/check", {"checked": "heart_rate", "heart_rate": "100"}).content.decode()
    assert "NEWS2 is not for patients under 16." in child


def test_signs_are_charted_with_how_they_were_measured(clinic: Clinic, at_desk: AtDesk) -> None:
    work = ready(clinic, "VITALS")
    seat = at_desk("tara")
    url = f"/patients/ana/vitals?task={work}"
    assert "Who is it?" not in seat.text(url), "identified at the task already"
    fields = {
        "systolic_1": "140", "diastolic_1": "90", "systolic_2": "136", "diastolic_2": "88", "position": "lying", "site": "right-arm",
        "cuff": "adult", "temperature": "98.6", "temperature_unit": "[degF]", "pain": "3",
    }  # fmt: skip
    done = seat.send(url, fields)
    assert (done.status_code, done["Location"]) == (303, "/worklist")
    assert clinic.rows("SELECT loinc, value FROM result_row ORDER BY loinc") == [
        ("72514-3", "3"),
        ("8310-5", "37.0"),
        ("85354-9", "138/89"),
    ]
    own = clinic.rows("SELECT id FROM result_row WHERE loinc = '85354-9'")[0][0]
    assert load(clinic.record, r4.Observation, own).bodySite is not None
    assert clinic.rows("SELECT open FROM work_row WHERE id = ?", work) == [(0,)]


def test_without_a_task_the_form_asks_who_it_is(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("tara")
    nobody = seat.send("/patients/ana/vitals", {"heart_rate": "72"})
    assert nobody.status_code == 422
    assert "Scan the wristband and enter the birth date" in nobody.content.decode()
    other = seat.send("/patients/ana/vitals", {"heart_rate": "72", "wristband": "MRNbea", "birth_date": "1980-02-03"})
    assert "identification.mismatch" in other.content.decode()
    assert seat.send("/patients/ana/vitals", {"heart_rate": "72", **WHO}).status_code == 303


def test_a_contradiction_is_confirmed_after_measuring_again(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("tara")
    fields = {**WHO, "systolic_1": "150", "diastolic_1": "90", "systolic_2": "140", "diastolic_2": "88"}
    refused = seat.send("/patients/ana/vitals", fields)
    assert refused.status_code == 422
    assert "Measured again, and it is so" in refused.content.decode()
    assert seat.send("/patients/ana/vitals", {**fields, "confirmed": "vitals.pressure.readings-differ"}).status_code == 303


def test_what_is_no_number_is_told_beside_its_field(clinic: Clinic, at_desk: AtDesk) -> None:
    refused = at_desk("tara").send("/patients/ana/vitals", {**WHO, "heart_rate": "7o"})
    assert refused.status_code == 422
    assert 'href="#f-heart_rate"' in refused.content.decode()
    assert clinic.rows("SELECT count(*) FROM result_row") == [(0,)]


def test_a_critical_sign_leads_to_its_call(clinic: Clinic, at_desk: AtDesk) -> None:
    done = at_desk("tara").send("/patients/ana/vitals", {**WHO, "spo2": "82"})
    assert done.status_code == 303
    call = clinic.rows("SELECT id FROM work_row WHERE kind = 'call-critical'")[0][0]
    assert done["Location"] in (f"/calls/{call}", "/worklist")


def test_a_junior_chart_is_supervised(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("juno")
    assert seat.send("/patients/ana/vitals", {**WHO, "heart_rate": "72"}).status_code == 422
    done = seat.send("/patients/ana/vitals", {**WHO, "heart_rate": "72", "supervisor": "Practitioner/sena", "supervision": "cosign"})
    assert done.status_code == 303
    assert clinic.rows("SELECT owner FROM work_row WHERE kind = 'cosign'") == [("Practitioner/sena",)]


def test_precautions_are_asked_for(clinic: Clinic, at_desk: AtDesk) -> None:
    clinic.write(precaution("p1", "ana", "droplet"))
    seat = at_desk("tara")
    assert "precautions.not-acknowledged" in seat.send("/patients/ana/vitals", {**WHO, "heart_rate": "72"}).content.decode()
    assert seat.send("/patients/ana/vitals", {**WHO, "heart_rate": "72", "precautions": "droplet"}).status_code == 303


# ---- point of care


def test_a_meter_result_is_charted_with_its_strip(clinic: Clinic, at_desk: AtDesk) -> None:
    work = ready(clinic, "POCGLU")
    seat = at_desk("tara")
    assert "Control passed, valid until" in seat.text(f"/work/{work}/point-of-care")
    fields = {"meter": "meter", "strip": "(01)09501101530003(17)271231(10)STRIP7", "value": "101"}
    assert seat.send(f"/work/{work}/point-of-care", fields)["Location"] == "/worklist"
    assert clinic.rows("SELECT value, unit, device FROM result_row") == [("101", "mg/dL", "Device/meter")]
    again = ready(clinic, "POCGLU", patient="bea", who=BEA)
    assert "STRIP7" in seat.text(f"/work/{again}/point-of-care"), "the same box is in the hand still"


def test_lo_is_never_a_number(clinic: Clinic, at_desk: AtDesk) -> None:
    work = ready(clinic, "POCGLU")
    done = at_desk("tara").send(f"/work/{work}/point-of-care", {"meter": "meter", "lot": "S1", "expires": "2027-12-31", "beyond": "lo"})
    assert done.status_code == 303
    assert clinic.rows("SELECT value, comparator, flag FROM result_row") == [("10", "<", "LL")]
    assert clinic.rows("SELECT count(*) FROM work_row WHERE kind = 'call-critical'") == [(1,)]


def test_a_meter_whose_control_is_due_is_refused_and_says_so_before(clinic: Clinic, at_desk: AtDesk) -> None:
    meter = load(clinic.record, r4.Device, "meter")
    meter.extension = [r4.Extension(url=extension_url("control-state"), valueCode="due")]
    clinic.write(meter)
    work = ready(clinic, "POCGLU")
    seat = at_desk("tara")
    assert "Control due: run it before you measure a patient" in seat.text(f"/work/{work}/point-of-care")
    refused = seat.send(f"/work/{work}/point-of-care", {"meter": "meter", "lot": "S1", "expires": "2025-12-31", "value": "101"})
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "equipment.qc-due" in html
    assert "lot.expired" in html


def test_what_is_missing_is_told_at_once(clinic: Clinic, at_desk: AtDesk) -> None:
    work = ready(clinic, "POCGLU")
    html = at_desk("tara").send(f"/work/{work}/point-of-care", {}).content.decode()
    for words in ("Choose the meter", "Scan the strips", "Enter the value the meter shows."):
        assert words in html, words


def test_the_patient_is_identified_first(clinic: Clinic, at_desk: AtDesk) -> None:
    work = order(clinic, "POCGLU").work[0]
    claim_work(clinic.by("tara"), work)
    assert at_desk("tara").get(f"/work/{work}/point-of-care")["Location"] == f"/work/{work}/identify"
