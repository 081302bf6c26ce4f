"""The inbox, a report, and messages: as a browser without scripts asks."""

from collections.abc import Callable

from benchside.areas.laboratory.acts import amend_result, escalate_overdue, send_message
from benchside.fhir import r4
from benchside.readiness.gathering.kept import load, reference
from tests.acts.clinic import Clinic
from tests.screens.conftest import Seat
from tests.screens.drawn import forms_of
from tests.stories.steps import BEA, to_result

AtDesk = Callable[[str], Seat]


def open_reviews(clinic: Clinic) -> list[str]:
    return [row[0] for row in clinic.rows("SELECT id FROM work_row WHERE kind = 'review-result' AND open = 1 ORDER BY id")]


def test_critical_reports_stand_first_and_filters_narrow(clinic: Clinic, at_desk: AtDesk) -> None:
    plain = to_result(clinic, "SODIUM", [("SODIUM", "140")])[1]
    critical = to_result(clinic, "POTASSIUM", [("POTASSIUM", "6.8")], patient="bea", who=BEA)[1]
    seat = at_desk("dana")
    page = seat.text("/inbox")
    assert page.index(f"open-{critical.review}") < page.index(f"open-{plain.review}")
    assert "Call open" in page
    assert "Critical high" in page
    assert f'name="task" value="{plain.review}"' in page
    assert f'name="task" value="{critical.review}"' not in page, "a critical report is opened, not ticked"
    assert "Nothing waits" in at_desk("omar").text("/inbox")
    assert f"open-{critical.review}" in at_desk("omar").text("/inbox?show=all")
    assert at_desk("tara").get("/inbox").status_code == 403


def test_rows_come_alone_for_the_live_list_and_ticks_stay(clinic: Clinic, at_desk: AtDesk) -> None:
    plain = to_result(clinic, "SODIUM", [("SODIUM", "140")])[1]
    part = at_desk("dana").get(f"/inbox?show=mine&task={plain.review}", HX_Request="true").content.decode()
    assert "<html" not in part
    assert f'value="{plain.review}" checked' in part


def test_one_tap_acknowledges_and_goes_on_to_the_next(clinic: Clinic, at_desk: AtDesk) -> None:
    first = to_result(clinic, "GLUCOSE", [("GLUCOSE", "180")])[1]
    second = to_result(clinic, "SODIUM", [("SODIUM", "140")], patient="bea", who=BEA)[1]
    seat = at_desk("dana")
    drawn = seat.form(f"/inbox/{first.review}")
    answers = [seat.post(drawn.action, {**drawn.fields, "note": "diet discussed"}) for _press in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303], "pressed twice, done once"
    assert answers[0]["Location"] == f"/inbox/{second.review}?show=mine"
    assert "1 more waits" in seat.text(answers[0]["Location"])
    assert open_reviews(clinic) == [second.review]
    assert "diet discussed" in seat.text(f"/inbox/{first.review}")
    assert "Dana Doctor acknowledged this" in seat.text(f"/inbox/{first.review}")
    assert seat.send(f"/inbox/{second.review}", {})["Location"] == "/inbox?show=mine"


def test_the_second_clinician_is_told(clinic: Clinic, at_desk: AtDesk) -> None:
    report = to_result(clinic, "GLUCOSE", [("GLUCOSE", "180")])[1]
    late = at_desk("omar").form(f"/inbox/{report.review}")
    at_desk("dana").send(f"/inbox/{report.review}", {})
    answer = at_desk("omar").post(late.action, late.fields)
    assert answer.status_code == 409
    assert "work.not-open" in answer.content.decode()


def test_several_plain_reports_at_once(clinic: Clinic, at_desk: AtDesk) -> None:
    reports = [to_result(clinic, code, [(code, value)])[1] for code, value in (("SODIUM", "140"), ("POTASSIUM", "4.2"))]
    glucose = to_result(clinic, "GLUCOSE", [("GLUCOSE", "180")])[1]
    seat = at_desk("dana")
    assert seat.text("/inbox?tick=plain").count(" checked") == 2
    refused = seat.send("/inbox", {"task": [reports[0].review, glucose.review]})
    assert refused.status_code == 422
    assert "inbox.not-normal" in refused.content.decode()
    assert len(open_reviews(clinic)) == 3
    assert seat.send("/inbox", {"task": [one.review for one in reports]}).status_code == 303
    assert open_reviews(clinic) == [glucose.review]
    assert seat.send("/inbox?show=all", {"task": []}, "f-form").status_code in (422, 303)


def test_a_critical_value_is_read_back_with_the_acknowledgement(clinic: Clinic, at_desk: AtDesk) -> None:
    report = to_result(clinic, "POTASSIUM", [("POTASSIUM", "6.8")])[1]
    seat, field = at_desk("dana"), f"read_{report.calls[0]}"
    wrong = seat.send(f"/inbox/{report.review}", {field: "6.3"})
    assert wrong.status_code == 422
    assert "critical.call.read-back" in wrong.content.decode()
    assert "6.3" in wrong.content.decode(), "what was typed stays"
    assert seat.send(f"/inbox/{report.review}", {field: "6.8"}).status_code == 303
    assert clinic.rows("SELECT open FROM work_row WHERE kind = 'call-critical'") == [(0,)]
    assert "Read back right" in seat.text(f"/inbox/{report.review}")


def test_a_changed_result_says_what_it_was_why_and_by_whom(clinic: Clinic, at_desk: AtDesk) -> None:
    report = to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.1")])[1]
    seat = at_desk("dana")
    seat.send(f"/inbox/{report.review}", {})
    clinic.tell(minutes=5)
    changed = amend_result(clinic.by("theo", signed=True), report.lines[0].observation, "6.1", "wrong tube read")
    page = seat.text(f"/inbox/{changed.review}")
    assert "Was 4.1 mmol/L, now 6.1 mmol/L: wrong tube read" in page
    assert "Theo Second" in page
    assert "Changed" in seat.text("/inbox")
    received = seat.text("/messages?show=received")
    assert "Result changed" in received
    own = clinic.rows("SELECT id FROM communication_row WHERE kind = 'amendment' AND recipient = 'Practitioner/dana'")[0][0]
    drawn = next(form for form in forms_of(received) if form.action == f"/messages/{own}/read")
    assert seat.post(drawn.action, drawn.fields).status_code == 303
    assert ">Seen<" not in seat.text("/messages?show=received")


def test_what_nobody_read_is_marked_as_escalated(clinic: Clinic, at_desk: AtDesk) -> None:
    to_result(clinic, "GLUCOSE", [("GLUCOSE", "180")])
    clinic.tell(minutes=60 * 24 * 3)
    escalate_overdue(clinic.by("nora"))
    page = at_desk("dana").text("/inbox")
    assert "Escalated" in page
    assert "overdue" in page


def test_a_large_change_is_told(clinic: Clinic, at_desk: AtDesk) -> None:
    to_result(clinic, "POTASSIUM", [("POTASSIUM", "3.6")])
    clinic.tell(minutes=13 * 60)
    report = to_result(clinic, "POTASSIUM", [("POTASSIUM", "5.0")])[1]
    assert "Large change" not in at_desk("dana").text(f"/inbox/{report.review}"), "1.4 is within the limit of 1.5"


def test_a_question_goes_to_who_measured_and_comes_back(clinic: Clinic, at_desk: AtDesk) -> None:
    report = to_result(clinic, "GLUCOSE", [("GLUCOSE", "180")])[1]
    seat = at_desk("dana")
    url = f"/messages/new?patient=ana&about=DiagnosticReport/{report.report}"
    page = seat.text(url)
    assert "Theo Second" in page
    assert seat.send(url, {"text": ""}).status_code == 422
    assert seat.send(url, {"to": ["Practitioner/tara"], "text": "Was she fasting?", "ask": "yes"}).status_code == 303
    work = clinic.rows("SELECT id FROM work_row WHERE kind = 'message'")[0][0]
    tara = at_desk("tara")
    assert "Was she fasting?" in tara.text("/messages")
    assert tara.send(f"/messages/{work}", {"text": "Yes."}).status_code == 303
    assert "Yes." in seat.text("/messages?show=received")
    assert "answered or closed" in tara.text(f"/messages/{work}")
    assert 'data-value="Practitioner/tara"' in seat.text("/messages/people?q=tar")


def test_an_answer_is_only_for_whom_was_asked(clinic: Clinic, at_desk: AtDesk) -> None:
    sent = send_message(clinic.by("dana"), ["Practitioner/tara"], "Please call.", ask=True)
    answer = at_desk("theo").send(f"/messages/{sent.work}", {"text": "me"})
    assert answer.status_code == 422
    assert "message.not-yours" in answer.content.decode()


def test_what_is_no_report_is_not_found(clinic: Clinic, at_desk: AtDesk) -> None:
    sent = send_message(clinic.by("dana"), ["Practitioner/tara"], "Please call.", ask=True)
    assert at_desk("dana").get(f"/inbox/{sent.work}").status_code == 404
    assert at_desk("dana").get("/inbox/none").status_code == 404


def test_a_report_that_answers_no_order_of_ours_is_read_too(clinic: Clinic, at_desk: AtDesk) -> None:
    report = to_result(clinic, "GLUCOSE", [("GLUCOSE", "180")])[1]
    task = load(clinic.record, r4.Task, report.review)
    task.basedOn = None
    clinic.write(task)
    seat = at_desk("dana")
    assert f"open-{report.review}" in seat.text("/inbox")
    page = seat.text(f"/inbox/{report.review}")
    assert "No order of ours" in page
    assert "180" in page
    assert seat.send(f"/inbox/{report.review}", {}).status_code == 303


def test_my_location_is_where_the_orders_were_made(clinic: Clinic, at_desk: AtDesk) -> None:
    clinic.write(r4.Location(id="east", status="active", name="East wing"))
    for own in ("dana", "omar"):
        role = load(clinic.record, r4.PractitionerRole, f"{own}-physician")
        role.location = [reference("Location/east")]
        clinic.write(role)
    at_desk("dana").send("/patients/bea/order", {"test": ["CBC"]})
    assert clinic.rows("SELECT location FROM order_row") == [("east",)], "an order is made where the clinician works"
    report = to_result(clinic, "SODIUM", [("SODIUM", "140")], location="east")[1]
    assert f"open-{report.review}" in at_desk("omar").text("/inbox?show=place")
    assert f"open-{report.review}" not in at_desk("nora").text("/inbox?show=place")
