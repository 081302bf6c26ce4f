"""Finding a patient, registering one, the chart, and ordering: as a browser without scripts asks."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from benchside.record.access_log import AccessQuery, search
from benchside.record.engine import Engine
from benchside.record.site import site_access_log
from tests.acts.clinic import Clinic
from tests.screens.conftest import Seat
from tests.stories.steps import to_result

AtDesk = Callable[[str], Seat]


def orders(clinic: Clinic) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in clinic.rows("SELECT test, status FROM order_row ORDER BY test")]


def test_a_patient_is_found_by_anything_and_with_slips(at_desk: AtDesk) -> None:
    seat = at_desk("dana")
    for typed in ("silva", "ana maria 1980-02-03", "Slva", "1234"):
        assert 'href="/patients/ana"' in seat.text(f"/patients?q={typed}"), typed
    part = seat.get("/patients?q=silva", HX_Request="true").content.decode()
    assert "<html" not in part
    assert 'href="/patients/ana"' in part
    assert "Nobody found" in seat.text("/patients?q=zzzzz")
    assert "Nobody yet" in seat.text("/patients")


def test_whom_one_opened_last_stands_there(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("dana")
    seat.text("/patients/bea")
    seat.text("/patients/ana")
    site_access_log().take_over(Engine(), 0)
    page = seat.text("/patients")
    assert page.index("Beatriz") > 0
    assert "Ana Maria" in page
    assert "Beatriz" not in at_desk("omar").text("/patients")
    assert clinic


def test_a_likely_duplicate_is_shown_beside_what_was_entered(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("fred")
    fields = {"family": "Sylva", "given": "Ana Maria", "birth_date": "1980-02-03", "gender": "female", "phone": "", "language": "es"}
    answer = seat.send("/patients/new", fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "may be the same person" in page
    assert "MRNana" in page
    answer = seat.send("/patients/new", {**fields, "confirmed": "yes"})
    assert answer.status_code == 303
    assert clinic.rows("SELECT language FROM patient_row WHERE family = 'Sylva'") == [("es",)]
    assert "B0000001" in seat.text(answer["Location"])


def test_every_fault_of_a_registration_is_told(at_desk: AtDesk) -> None:
    answer = at_desk("fred").send("/patients/new", {"family": "", "given": "X", "birth_date": "not a day", "gender": "female"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "registration.name-missing" in page
    assert "registration.birth-date-missing" in page


def test_a_registration_is_corrected_with_a_reason(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("fred")
    assert seat.send("/patients/ana/correct", {"family": "Silva Souza", "reason": ""}).status_code == 422
    assert seat.send("/patients/ana/correct", {"family": "Silva Souza", "reason": "married"}).status_code == 303
    assert clinic.rows("SELECT family FROM patient_row WHERE id = 'ana'") == [("Silva Souza",)]
    stale = seat.form("/patients/ana/correct")
    seat.send("/patients/ana/correct", {"family": "Silva", "reason": "typing error"})
    assert seat.post(stale.action, {**stale.fields, "family": "Sousa", "reason": "again"}).status_code == 409


def test_the_chart_shows_results_with_trend_and_where_orders_stand(clinic: Clinic, at_desk: AtDesk) -> None:
    for value in ("4.1", "4.9", "5.6"):
        to_result(clinic, "POTASSIUM", [("POTASSIUM", value)])
        clinic.tell(minutes=800)
    seat = at_desk("dana")
    page = seat.text("/patients/ana")
    assert "5.6" in page
    assert "Trend of Potassium: 4.1" in page
    trend = seat.text("/patients/ana/trend?code=POTASSIUM")
    assert trend.count("mmol/L") >= 3
    assert "reference range" in trend
    assert seat.text("/patients/ana/trend?code=2823-3").count("5.6") >= 1
    assert seat.get("/patients/ana/trend?code=SODIUM").status_code == 404
    site_access_log().take_over(Engine(), 0)
    reads, _total, _next = search(Engine(), AccessQuery(patient="ana", person="Practitioner/dana"))
    assert any(read.target.startswith("DiagnosticReport/") for read in reads), "whoever saw a value is told when it changes"


def test_the_front_desk_sees_no_results(clinic: Clinic, at_desk: AtDesk) -> None:
    to_result(clinic, "POTASSIUM", [("POTASSIUM", "6.8")])
    page = at_desk("fred").text("/patients/ana")
    assert "mmol/L" not in page
    assert "not shown to your role" in page
    assert at_desk("fred").get("/patients/ana/trend?code=POTASSIUM").status_code == 404
    assert at_desk("fred").get("/patients/ana/order").status_code == 403


def test_an_order_is_sent_once_and_what_follows_is_told(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("dana")
    drawn = seat.form("/patients/ana/order")
    fields = {**drawn.fields, "test": ["LIPID", "CBC"], "priority": "urgent", "reason": "E78.5", "q_fasting": "yes", "note": "left arm"}
    first, second = seat.post(drawn.action, fields), seat.post(drawn.action, fields)
    assert (first.status_code, first["Location"]) == (303, second["Location"])
    assert orders(clinic) == [("CBC", "active"), ("LIPID", "active")]
    page = seat.text(first["Location"])
    assert "What happens next" in page
    assert "Come without having eaten" in page
    assert "undo-bar" in page
    detail = seat.text(f"/orders/{clinic.rows('''SELECT id FROM order_row WHERE test = 'LIPID' ''')[0][0]}")
    assert "Hyperlipidemia, unspecified (E78.5)" in detail
    assert "Order tests or procedures" in detail
    assert "left arm" in detail
    sheet = seat.text(f"{first['Location']}/instructions")
    assert "Before your tests" in sheet
    assert "Antes de sus pruebas" in sheet
    assert "Acuda en ayunas" in sheet


def test_a_minute_to_take_it_back(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("dana")
    answer = seat.send("/patients/ana/order", {"test": ["CBC"]})
    page = seat.text(answer["Location"])
    key = page.split('class="undo-bar"', 1)[1].split('name="idempotency_key" value="', 1)[1].split('"', 1)[0]
    check = page.split('class="undo-bar"', 1)[1].split('name="patient_check" value="', 1)[1].split('"', 1)[0]
    gone = seat.post(f"{answer['Location']}/cancel", {"idempotency_key": key, "patient_check": check})
    assert gone.status_code == 303
    assert orders(clinic) == [("CBC", "revoked")]
    assert "Taken back" in seat.text(gone["Location"])


def test_what_is_missing_is_asked_and_what_was_entered_stays(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("dana")
    answer = seat.send("/patients/ana/order", {"test": ["COAG"], "note": "please"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "order.answer-missing" in page
    assert "Which anticoagulant" in page
    assert "please" in page
    assert 'name="test" value="COAG"' in page
    assert orders(clinic) == []
    assert seat.send("/patients/ana/order?add=COAG", {"q_anticoagulant": "warfarin"}).status_code == 303


def test_a_duplicate_is_shown_before_and_sent_by_one_tap(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("dana")
    seat.send("/patients/ana/order", {"test": ["BMP"]})
    before = seat.text("/patients/ana/order?add=POTASSIUM")
    assert "is there already" in before
    assert 'name="confirmed" value="POTASSIUM"' in before
    refused = seat.send("/patients/ana/order", {"test": ["POTASSIUM"]})
    assert refused.status_code == 422
    assert 'name="confirmed" value="POTASSIUM"' in refused.content.decode()
    assert seat.send("/patients/ana/order", {"test": ["POTASSIUM"], "confirmed": "POTASSIUM"}).status_code == 303
    assert ("POTASSIUM", "active") in orders(clinic)


def test_every_morning_three_times_and_the_rest_cancelled(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("dana")
    assert seat.send("/patients/ana/order", {"test": ["BMP"], "repeat": "morning", "count": "3"}).status_code == 303
    ids = [row[0] for row in clinic.rows("SELECT id FROM order_row ORDER BY timed_us")]
    assert len(ids) == 3
    assert seat.send(f"/orders/{ids[1]}", {"reason": "going home", "series": "yes"}).status_code == 303
    assert orders(clinic) == [("BMP", "active"), ("BMP", "revoked"), ("BMP", "revoked")]
    assert "going home" in seat.text(f"/orders/{ids[1]}")


def test_a_time_that_cannot_be_read_is_told_at_its_field(at_desk: AtDesk) -> None:
    answer = at_desk("dana").send("/patients/ana/order", {"test": ["CBC"], "when": "timed", "timed": ""})
    assert answer.status_code == 422
    assert 'id="f-timed-error"' in answer.content.decode()


def test_a_form_of_another_chart_orders_nothing(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("dana")
    drawn = seat.form("/patients/bea/order")
    answer = seat.post("/patients/ana/order", {**drawn.fields, "test": ["CBC"]})
    assert answer.status_code == 422
    assert "another patient" in answer.content.decode()
    assert orders(clinic) == []


def test_tests_and_reasons_are_found_as_one_types(at_desk: AtDesk) -> None:
    seat = at_desk("dana")
    assert 'data-value="BMP"' in seat.text("/order/tests?q=basic")
    assert 'data-value="EKG12"' in seat.text("/order/tests?q=ecg")
    assert 'data-value="POTASSIUM"' in seat.text("/order/tests?q=2823-3")
    assert 'data-value="POCGLU"' in seat.text("/order/tests?q=fingerstick")
    assert 'data-value="I10"' in seat.text("/order/reasons?qr=high+blood")
    assert "Nothing found" in seat.text("/order/reasons?qr=xyzzy")


def test_without_scripts_find_draws_choices(at_desk: AtDesk) -> None:
    seat = at_desk("dana")
    page = seat.send("/patients/ana/order", {"find": "test", "q": "potass"}).content.decode()
    assert 'type="checkbox"' in page
    assert 'value="POTASSIUM"' in page


@pytest.mark.parametrize("path", ["/patients/nobody", "/orders/none", "/requisitions/R26-9", "/requisitions/R26-9/instructions"])
def test_what_is_not_there_is_not_found(path: str, at_desk: AtDesk) -> None:
    assert at_desk("dana").get(path).status_code == 404
    assert urlsplit(path).path == path
