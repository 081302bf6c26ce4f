"""The bench at a desk: entering, what the server says while values are typed, verifying, reports, changes."""

from collections.abc import Callable

import pytest

from benchside.areas.laboratory.acts import verify_result
from tests.acts.accounts import PASSWORD
from tests.acts.clinic import Clinic
from tests.screens.conftest import Seat
from tests.stories.steps import collect, order, receive, result, to_result

AtDesk = Callable[[str], Seat]
LOT = {"device": "analyzer", "lot_number": "R77", "lot_expires": "2026-12-31"}


@pytest.fixture
def potassium(clinic: Clinic) -> str:
    """The order of a potassium whose tube is here."""
    placed = order(clinic, "POTASSIUM", priority="stat")
    receive(clinic, collect(clinic, placed.work[0]))
    return placed.orders[0]


def report(clinic: Clinic, order_id: str) -> str:
    return str(clinic.rows("SELECT id FROM report_row WHERE order_id = ?", order_id)[0][0])


def test_the_bench_lists_what_is_owed_by_section_and_test(clinic: Clinic, at_desk: AtDesk, potassium: str) -> None:
    seat = at_desk("tara")
    link = f'href="/orders/{potassium}/result"'
    assert link in seat.text("/bench")
    assert link in seat.text("/bench?section=chemistry")
    assert link not in seat.text("/bench?section=hematology")
    assert link in seat.text("/bench?test=POTASSIUM")
    assert link in seat.text("/bench?section=nonsense&test=NONSENSE")


def test_the_form_shows_range_by_sex_and_age_unit_prior_and_devices(clinic: Clinic, at_desk: AtDesk) -> None:
    to_result(clinic, "CREATININE", [("CREATININE", "0.90")])
    placed = order(clinic, "CREATININE", confirmed=["CREATININE"])
    receive(clinic, collect(clinic, placed.work[0]))
    page = at_desk("tara").text(f"/orders/{placed.orders[0]}/result")
    assert "0.6 – 1.2" in page
    assert "mg/dL" in page
    assert "0.90</bdi>" in page, "the last value"
    assert "Control passed until" in page
    device = clinic.record.read("Device", "analyzer")
    assert device.version == 1


def test_no_range_is_said_and_never_called_normal(clinic: Clinic, at_desk: AtDesk) -> None:
    placed = order(clinic, "GLUCOSE")
    receive(clinic, collect(clinic, placed.work[0]))
    page = at_desk("tara").text(f"/orders/{placed.orders[0]}/result")
    assert "no range: fasting unknown" in page
    said = at_desk("tara").post(f"/orders/{placed.orders[0]}/result/check?analyte=GLUCOSE", {"v_GLUCOSE": "101"}).content.decode()
    assert "not judged" in said
    assert "in range" not in said


def test_the_server_says_what_it_thinks_while_values_are_typed(clinic: Clinic, at_desk: AtDesk) -> None:
    to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.0")])
    placed = order(clinic, "BMP", confirmed=["BMP", "POTASSIUM"])
    receive(clinic, collect(clinic, placed.work[0]))
    seat, url = at_desk("tara"), f"/orders/{placed.orders[0]}/result/check"

    def said(analyte: str, **values: str) -> str:
        answer = seat.post(f"{url}?analyte={analyte}", {f"v_{code}": text for code, text in values.items()})
        assert answer.status_code == 200
        return answer.content.decode()

    assert "Critical high" in said("POTASSIUM", POTASSIUM="7.1")
    assert "must be called" in said("POTASSIUM", POTASSIUM="7.1")
    assert "Changed by 1.9 since the last result; limit 1.5." in said("POTASSIUM", POTASSIUM="5.9")
    assert "is not possible here" in said("POTASSIUM", POTASSIUM="41")
    assert "is not a number" in said("POTASSIUM", POTASSIUM="4,1")
    assert "in range" in said("POTASSIUM", POTASSIUM="4.1")
    assert "<bdi>11</bdi>" in said("CO2", SODIUM="140", CHLORIDE="104", CO2="25"), "the anion gap follows"
    assert clinic.rows("SELECT count(*) FROM result_row WHERE status = 'preliminary'") == [(0,)], "nothing is kept"


def test_entering_leaves_the_rest_for_later_and_tells_what_is_critical(clinic: Clinic, at_desk: AtDesk) -> None:
    placed = order(clinic, "BMP")
    receive(clinic, collect(clinic, placed.work[0]))
    seat, page = at_desk("tara"), f"/orders/{placed.orders[0]}/result"
    nothing = seat.send(page, LOT)
    assert (nothing.status_code, "Enter at least one value" in nothing.content.decode()) == (422, True)
    slip = seat.send(page, {**LOT, "v_POTASSIUM": "71", "v_SODIUM": "140"})
    assert slip.status_code == 422
    assert 'value="71"' in slip.content.decode(), "what was typed stays"
    part = seat.send(page, {**LOT, "v_POTASSIUM": "7.1", "v_SODIUM": "140", "a_CALCIUM": "error"})
    assert part.status_code == 303
    told = seat.text(part["Location"])
    assert "Entered in part" in told
    assert "Critical: Potassium 7.1 mmol/L." in told
    rows = clinic.rows("SELECT test, value, absent, status FROM result_row WHERE order_id = ? ORDER BY test", placed.orders[0])
    assert rows == [
        ("CALCIUM", "", "error", "preliminary"),
        ("POTASSIUM", "7.1", "", "preliminary"),
        ("SODIUM", "140", "", "preliminary"),
    ]
    assert 'value="7.1"' in seat.text(page), "entering again begins with what is there"


def test_a_blocked_device_says_why_and_is_refused(clinic: Clinic, at_desk: AtDesk, potassium: str) -> None:
    from benchside.fhir import r4
    from benchside.readiness.gathering.kept import load

    device = load(clinic.record, r4.Device, "analyzer")
    device.status = "inactive"
    clinic.write(device)
    seat, page = at_desk("tara"), f"/orders/{potassium}/result"
    text = seat.text(page)
    assert "is out of service" in text
    assert "segment-danger" in text
    refused = seat.send(page, {**LOT, "v_POTASSIUM": "4.0"})
    assert (refused.status_code, "equipment.out-of-service" in refused.content.decode()) == (422, True)


def test_a_second_person_verifies_and_goes_on_to_the_next(clinic: Clinic, at_desk: AtDesk, potassium: str) -> None:
    at_desk("tara").send(f"/orders/{potassium}/result", {**LOT, "v_POTASSIUM": "4.0"})
    own = report(clinic, potassium)
    mine = at_desk("tara")
    assert "yours: a colleague verifies" in mine.text("/verify")
    refused = mine.send(f"/verify/{own}", {})
    assert (refused.status_code, "second-person.same" in refused.content.decode()) == (422, True)
    placed = order(clinic, "SODIUM")
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    other = result(clinic, placed.orders[0], collected.specimens[0], [("SODIUM", "140")]).report
    done = at_desk("theo").send(f"/verify/{own}", {"then": "next"})
    assert (done.status_code, done["Location"]) == (303, f"/verify/{other}")
    assert clinic.rows("SELECT status FROM report_row WHERE id = ?", own) == [("final",)]
    late = at_desk("sena").send(f"/verify/{other}", {"then": "list", "seen_version": "1"})
    assert late.status_code == 409, "somebody changed it meanwhile"


def test_a_large_change_must_be_looked_at(clinic: Clinic, at_desk: AtDesk) -> None:
    to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.0")])
    placed = order(clinic, "POTASSIUM", confirmed=["POTASSIUM"])
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    own = result(clinic, placed.orders[0], collected.specimens[0], [("POTASSIUM", "5.9")]).report
    seat = at_desk("theo")
    assert "Changed by 1.9 since the last result" in seat.text(f"/verify/{own}")
    refused = seat.send(f"/verify/{own}", {})
    assert (refused.status_code, "results.verify.delta" in refused.content.decode()) == (422, True)
    assert seat.send(f"/verify/{own}", {"delta": "POTASSIUM"}).status_code == 303


def test_a_critical_value_leads_from_verification_to_the_call(clinic: Clinic, at_desk: AtDesk, potassium: str) -> None:
    at_desk("tara").send(f"/orders/{potassium}/result", {**LOT, "v_POTASSIUM": "7.1"})
    done = at_desk("theo").send(f"/verify/{report(clinic, potassium)}", {"then": "next"})
    (call,) = clinic.rows("SELECT id FROM work_row WHERE kind = 'call-critical'")
    assert done["Location"] == f"/calls/{call[0]}"


def test_what_the_rules_said_stands_beside_the_value(clinic: Clinic, at_desk: AtDesk, potassium: str) -> None:
    from benchside.areas.laboratory.acts.autoverifying import autoverify
    from benchside.readiness.system import system_performance

    at_desk("tara").send(f"/orders/{potassium}/result", {**LOT, "v_POTASSIUM": "4.0"})
    own = report(clinic, potassium)
    assert "not judged yet" in at_desk("theo").text(f"/verify/{own}")
    autoverify(system_performance(clinic.record, clinic.now), own)
    page = at_desk("theo").text(f"/verify/{own}")
    assert "1 rule holds it" in page
    assert "Hemolysis, icterus and lipemia" in page
    verify_result(clinic.by("theo"), own)
    counts = at_desk("lena").text("/quality/autoverification")
    assert "Rules stricter" in counts
    assert "A9 (1)" in counts


def test_a_report_tells_its_history_and_a_change_who_was_told(clinic: Clinic, at_desk: AtDesk) -> None:
    _, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.1")])
    own, observation = verified.report, verified.lines[0].observation
    assert "Verified and released" in at_desk("omar").text(f"/reports/{own}")
    page = f"/results/{observation}/amend"
    fields = {"value": "4.7", "event": "correct", "reason": "typed for another tube"}
    unsigned = at_desk("theo").send(page, fields)
    assert (unsigned.status_code, "signature.missing" in unsigned.content.decode()) == (422, True)
    wrong = at_desk("theo").send(page, {**fields, "signature": "not-it"})
    assert (wrong.status_code, "not your password" in wrong.content.decode()) == (422, True)
    done = at_desk("theo").send(page, {**fields, "signature": PASSWORD})
    assert (done.status_code, done["Location"]) == (303, f"/reports/{own}")
    seat = at_desk("theo")
    changed = seat.text(f"/reports/{own}")
    assert "4.7" in changed
    assert "Potassium: 4.1 mmol/L" in changed, "the value that was stays in the history"
    assert "typed for another tube" in changed
    assert "Dana Doctor: told of the change" in changed
    assert "This report was changed after its release" in seat.text(f"/reports/{own}/print")


def test_a_result_is_taken_back_by_a_senior(clinic: Clinic, at_desk: AtDesk) -> None:
    placed, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.1")])
    page = f"/results/{verified.lines[0].observation}/cancel"
    fields = {"reason": "another patient's tube", "signature": PASSWORD}
    refused = at_desk("tara").send(page, fields)
    assert (refused.status_code, "role.not-permitted" in refused.content.decode()) == (422, True)
    done = at_desk("sena").send(page, fields)
    assert done.status_code == 303
    assert clinic.rows("SELECT status FROM order_row WHERE id = ?", placed.orders[0]) == [("active",)]
    assert "Not valid any more" in at_desk("sena").text(f"/reports/{verified.report}") or done["Location"]
