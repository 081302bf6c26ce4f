"""Critical calls at a desk: whom to call, what happened, the value read back; controls and lots."""

from collections.abc import Callable

import pytest

from benchside.site.chores import escalate
from tests.acts.accounts import PASSWORD
from tests.acts.clinic import Clinic
from tests.screens.conftest import Seat
from tests.stories.steps import to_result

AtDesk = Callable[[str], Seat]


@pytest.fixture
def call(clinic: Clinic) -> str:
    """The address of an open call for a potassium of 7.1."""
    _, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "7.1")], priority="stat")
    return f"/calls/{verified.calls[0]}"


def test_the_list_says_whom_to_call_and_by_when(at_desk: AtDesk, call: str) -> None:
    page = at_desk("theo").text("/calls")
    assert "Potassium 7.1 mmol/L" in page
    assert "Dana Doctor" in page
    assert f'href="{call}"' in page
    assert "0 tries without answer" in page


def test_no_answer_twice_climbs_and_the_read_back_ends_it(clinic: Clinic, at_desk: AtDesk, call: str) -> None:
    seat = at_desk("theo")
    assert seat.form(call).fields["person"] == ["Practitioner/dana"], "the orderer is chosen"
    for _ in range(2):
        assert seat.send(call, {"event": "not-reached"}).status_code == 303
        clinic.tell(minutes=5)
    seat = at_desk("theo")
    assert "Call the covering clinician" in seat.text(call)
    assert seat.send(call, {"event": "reached", "other": "Practitioner/nora"})["Location"] == call
    assert "Nora Nurse is on the line" in seat.text(call)
    empty = seat.send(call, {"event": "read-back-right"})
    assert (empty.status_code, "Type what was read back" in empty.content.decode()) == (422, True)
    wrong = seat.send(call, {"event": "read-back-right", "read_back": "potassium 1.7 mmol/L"})
    assert (wrong.status_code, "critical.call.read-back" in wrong.content.decode()) == (422, True)
    seat.send(call, {"event": "read-back-wrong", "read_back": "1.7 mmol/L"})
    done = seat.send(call, {"event": "read-back-right", "read_back": "Potassium 7.1 mmol/L"})
    assert done["Location"] == "/calls"
    listed = seat.text("/calls")
    assert "No call is open" in listed
    assert "heard" in listed
    over = seat.text(call)
    assert "This call is over." in over
    for words in ("Read back right: Nora Nurse", "Read back wrong", "Not reached: Dana Doctor", "“Potassium 7.1 mmol/L”"):
        assert words in over, words
    versions = clinic.rows("SELECT DISTINCT version FROM communication_row WHERE kind = 'critical-call'")
    assert versions == [(1,)], "write-once"


def test_what_nobody_answers_climbs_on_the_page_too(clinic: Clinic, at_desk: AtDesk, call: str) -> None:
    clinic.tell(minutes=21)
    escalate(clinic.now)
    page = at_desk("nora").text(call)
    assert "Call the nurse in charge" in page
    assert "Escalated: the nurse in charge" in page
    assert "Benchside" in page


def test_an_event_must_be_named_and_is_one_of_a_persons(at_desk: AtDesk, call: str) -> None:
    seat = at_desk("theo")
    assert "Press one of the buttons" in seat.send(call, {"event": "escalated"}).content.decode()
    form = seat.form(call)
    nobody = seat.post(form.action, {**form.fields, "event": "reached", "person": ""})
    assert (nobody.status_code, "Say whom you called" in nobody.content.decode()) == (422, True)


def test_a_form_of_another_patient_is_refused(clinic: Clinic, at_desk: AtDesk, call: str) -> None:
    seat = at_desk("theo")
    form = seat.form(call)
    swapped = seat.post(call, {**form.fields, "patient_check": "x" * 40, "event": "not-reached"})
    assert (swapped.status_code, "another patient" in swapped.content.decode()) == (422, True)
    assert clinic.rows("SELECT count(*) FROM communication_row WHERE kind = 'critical-call'") == [(0,)]


def test_lots_and_a_run_of_controls(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("tara")
    lot = {"kind": "control", "number": "C1", "expires": "2026-12-31", "level": "1", "test_1": "POTASSIUM", "mean_1": "4.0", "sd_1": "0.1"}
    undated = seat.send("/quality/lots", {**lot, "expires": ""})
    assert (undated.status_code, "Give the last day" in undated.content.decode()) == (422, True)
    assert seat.send("/quality/lots", lot).status_code == 303
    assert seat.send("/quality/lots", {**lot, "number": "C2", "level": "2", "mean_1": "6.0"}).status_code == 303
    page = "/quality/analyzer?test=POTASSIUM"
    names = sorted(row[0] for row in clinic.rows("SELECT id FROM lot_row ORDER BY level"))
    levels = {row[1]: f"c_{row[0]}_POTASSIUM" for row in clinic.rows("SELECT id, level FROM lot_row")}
    assert len(names) == 2
    nothing = seat.send(page, {})
    assert (nothing.status_code, "at least one control" in nothing.content.decode()) == (422, True)
    rejected = seat.send(page, {levels["1"]: "4.3", levels["2"]: "5.7"})
    assert rejected["Location"] == page
    text = seat.text(page)
    assert "Potassium: failed (R-4s, 1-2s)" in text
    assert "Not for patients now" in text
    assert "control-near" in text
    (point, *_rest) = [row[0] for row in clinic.rows("SELECT id FROM control_row WHERE level = '1'")]
    senior = at_desk("sena")
    out = senior.send(f"/quality/analyzer/points/{point}", {"reason": "bubble in the cup", "signature": PASSWORD})
    assert out["Location"] == page
    assert "left out" in senior.text(page)
    clinic.tell(minutes=4)
    assert seat.send(page, {levels["1"]: "4.0", levels["2"]: "6.0"}).status_code == 303
    assert "Potassium: passed" in seat.text("/quality")
    withdrawn = seat.send(f"/quality/lots/{levels['1'].split('_')[1]}/withdraw", {"reason": "recalled by its maker"})
    assert withdrawn.status_code == 303
    assert "withdrawn" in seat.text("/quality/lots")


def test_the_lead_switches_auto_verification(at_desk: AtDesk) -> None:
    seat = at_desk("lena")
    page = "/quality/autoverification/POTASSIUM"
    unsigned = seat.send(page, {"mode": "live", "reason": "two months of agreement"})
    assert (unsigned.status_code, "signature.missing" in unsigned.content.decode()) == (422, True)
    done = seat.send(page, {"mode": "live", "without": "A9", "reason": "two months of agreement", "signature": PASSWORD})
    assert done["Location"] == "/quality/autoverification"
    text = seat.text("/quality/autoverification")
    assert "Potassium: Live." in text
    assert "without A9" in text
