"""The lead's board and everybody's load: the numbers are those of the acts that made them."""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.areas.laboratory.acts import acknowledge_report, claim_work, reject_specimen
from benchside.areas.laboratory.screens.board_tables import Sheet, as_csv, as_workbook
from benchside.areas.laboratory.turnaround import percentile
from benchside.areas.laboratory.views.board import percentile_of_counts
from benchside.areas.laboratory.views.turnaround import coded, days_of, sum_up_days
from benchside.terms.refusal import ActRefused
from tests.acts.clinic import DAY, MORNING, Clinic
from tests.screens.conftest import Seat
from tests.stories.steps import collect, order, receive, to_result

AtDesk = Callable[[str], Seat]


@given(st.lists(st.integers(0, 300), min_size=1, max_size=60), st.sampled_from([0, 10, 50, 90, 95, 100]))
def test_counted_minutes_have_the_percentiles_of_the_minutes(minutes: list[int], percent: float) -> None:
    counted = sorted(Counter(minutes).items())
    assert percentile_of_counts(counted, len(minutes), percent) == pytest.approx(percentile(minutes, percent))


def numbers(page: str, title: str) -> list[list[str]]:
    """The table of numbers under a chart."""
    found = re.search(rf'<caption class="for-ears">{re.escape(title)}[^<]*</caption>.*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    assert found is not None, title
    rows = re.findall(r"<tr>(.*?)</tr>", found[1], re.DOTALL)
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]


def kpi(page: str, name: str) -> str:
    """The large number of one tile, and its note."""
    found = re.search(rf'<div class="kpi[^"]*"><dt>{re.escape(name)}</dt><dd>(.*?)</dd></div>', page, re.DOTALL)
    assert found is not None, name
    return re.sub(r"<[^>]+>", "|", found[1])


def test_the_stages_of_an_order_are_counted_as_they_happened(clinic: Clinic, at_desk: AtDesk) -> None:
    placed, verified = to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.1")])
    clinic.tell(minutes=20)
    acknowledge_report(clinic.by("dana"), verified.review)
    assert clinic.rows("SELECT collect_min, receive_min, result_min, acknowledge_min, total_min FROM turnaround_row WHERE order_id = ?", placed.orders[0]) == [
        (4, 10, 35, 20, 49)
    ]  # fmt: skip
    page = at_desk("lena").text("/board")
    assert numbers(page, "Turnaround by stage") == [
        ["Order to collection", "1", "4", "4", "4", "4", "none"],
        ["Collection to receipt", "1", "10", "10", "10", "10", "none"],
        ["Receipt to result", "1", "35", "35", "35", "35", "none"],
        ["Result to acknowledgement", "1", "20", "20", "20", "20", "none"],
        ["Order to result", "1", "49", "49", "49", "49", "none"],
    ]
    assert numbers(page, "Order to result by priority") == [["Routine", "1", "49", "49", "49", "49", "480"]]
    assert kpi(page, "Orders").startswith("1|")
    assert "100 % within the limit" in kpi(page, "Order to result, p90")
    assert "Nothing is overdue." in page


def test_filters_leave_the_rest_out_and_a_filtered_priority_has_its_target(clinic: Clinic, at_desk: AtDesk) -> None:
    to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.1")])
    to_result(clinic, "CRP", [("CRP", "3.0")], priority="stat")
    lena = at_desk("lena")
    assert kpi(lena.text("/board"), "Orders").startswith("2|")
    stat = lena.text("/board?priority=0")
    assert kpi(stat, "Orders").startswith("1|")
    assert ["Order to result", "1", "49", "49", "49", "49", "60"] in numbers(stat, "Turnaround by stage")
    assert kpi(lena.text("/board?test=CRP"), "Orders").startswith("1|")
    assert kpi(lena.text("/board?shift=night"), "Orders").startswith("0|")
    assert "No orders in this period." in lena.text("/board?location=nowhere")
    assert [row[0] for row in numbers(lena.text("/board?by=test&stage=receive-to-result"), "Receipt to result by test")] == [
        "CRP",
        "Potassium",
    ]
    assert kpi(lena.text("/board?priority=9&by=nothing&stage=none&period=yesterday&test="), "Orders").startswith("2|"), (
        "a bad link is no error"
    )


def test_a_rejection_a_refusal_and_what_is_late_are_told(clinic: Clinic, at_desk: AtDesk) -> None:
    placed = order(clinic, "BMP", priority="stat")
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    with pytest.raises(ActRefused):
        reject_specimen(clinic.by("theo"), collected.specimens[0], "NO_SUCH_REASON", "nothing")
    reject_specimen(clinic.by("theo"), collected.specimens[0], "HEMOLYZED", "free haemoglobin 3+")
    clinic.tell(minutes=40)
    page = at_desk("lena").text("/board")
    assert numbers(page, "Rejected tubes by cause") == [["hemolyzed", "1"]]
    assert len(numbers(page, "Refused acts by reason")) == 1
    assert kpi(page, "Orders with a rejected tube").startswith("100.0 %|")
    assert kpi(page, "Overdue now").startswith("1|")
    assert "25 min" in page, "the recollection was due after 15 minutes, 40 have passed"
    assert clinic.rows("SELECT rejections, cause, redraws FROM turnaround_row") == [(1, "HEMOLYZED", 1)]
    assert "Silva" not in page, "the board names no patient"


def test_a_critical_call_and_an_unread_report_are_counted(clinic: Clinic, at_desk: AtDesk) -> None:
    to_result(clinic, "POTASSIUM", [("POTASSIUM", "6.9")])
    clinic.tell(minutes=45)
    page = at_desk("lena").text("/board")
    assert "1 open now" in kpi(page, "Critical calls")
    assert kpi(page, "Unread reports").startswith("1|")
    assert "1 overdue" in kpi(page, "Unread reports"), "a critical report is STAT: 30 minutes"


def test_past_days_are_read_from_their_texts_and_say_the_same(clinic: Clinic, at_desk: AtDesk) -> None:
    placed, _ = to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.1")])
    later = clinic.tell(at=MORNING + 2 * DAY)
    lena = at_desk("lena")
    before = numbers(lena.text("/board?period=7"), "Turnaround by stage")
    assert sum_up_days(clinic.record, later) == 1
    assert sum_up_days(clinic.record, later) == 0
    assert clinic.rows("SELECT count(*) FROM turnaround_day") == [(1,)]
    assert numbers(lena.text("/board?period=7"), "Turnaround by stage") == before
    assert kpi(lena.text("/board"), "Orders").startswith("0|"), "today nothing was ordered"
    acknowledge_report(clinic.by("dana"), clinic.rows("SELECT id FROM work_row WHERE kind = 'review-result'")[0][0])
    assert clinic.rows("SELECT count(*) FROM turnaround_day") == [(0,)], "what changed is worked out anew"
    (day,) = days_of(clinic.record, MORNING.date(), MORNING.date())
    minutes = clinic.rows("SELECT acknowledge_min FROM turnaround_row WHERE order_id = ?", placed.orders[0])[0][0]
    assert day.orders().taken[3] == [coded(minutes, 3)]
    custom = lena.text(f"/board?period=custom&from={MORNING.date()}&to={MORNING.date()}")
    assert kpi(custom, "Orders").startswith("1|")


def test_the_tables_go_to_spreadsheets_and_to_paper(clinic: Clinic, at_desk: AtDesk) -> None:
    to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.1")])
    lena = at_desk("lena")
    answer = lena.get("/board.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="board-2026-05-11-2026-05-11.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert ["Receipt to result", "1", "35", "35", "35", "35", ""] in rows
    book = zipfile.ZipFile(io.BytesIO(lena.get("/board.xlsx").content))
    assert len([name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]) == 9
    assert "Turnaround by stage" in book.read("xl/workbook.xml").decode()
    paper = lena.text("/board?print=1")
    assert "Printed by Lena Lead" in paper
    assert 'class="navigation"' not in paper


def test_a_text_that_looks_like_a_formula_stays_a_text() -> None:
    sheets = [Sheet("=A1", ["cause", "times"], [["=1+1", 3], ["@x", None]]), Sheet("=A1", ["x"], [])]
    assert "'=1+1,3" in as_csv(sheets)
    book = zipfile.ZipFile(io.BytesIO(as_workbook(sheets, datetime(2026, 5, 11, tzinfo=UTC))))
    assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()


def test_the_board_is_for_those_who_lead(at_desk: AtDesk) -> None:
    assert at_desk("tara").get("/board").status_code == 403
    assert at_desk("dana").get("/load").status_code == 403
    assert at_desk("").get("/board").status_code == 303
    assert at_desk("sena").get("/board").status_code == 200


def test_load_shows_who_has_what_and_gives_work_to_somebody_once(clinic: Clinic, at_desk: AtDesk) -> None:
    placed = order(clinic, "BMP", priority="stat")
    claim_work(clinic.by("tara"), placed.work[0])
    other = order(clinic, "CBC", patient="bea")
    clinic.tell(minutes=30)
    lena = at_desk("lena")
    page = lena.text("/load")
    row = re.search(r"Tara Tech</a></th>(.*?)</tr>", page, re.DOTALL)
    assert row is not None
    assert re.findall(r">(\d+)<", re.sub(r"<svg.*?</svg>|<span>|</span>", "", row[1], flags=re.DOTALL)) == ["1", "0", "1", "0"]
    url = f"/load?task={other.work[0]}"
    drawn = lena.form(url, "assign-form")
    nobody = lena.post(url, {**drawn.fields, "colleague": ""})
    assert nobody.status_code == 422
    assert "Choose a colleague first" in nobody.content.decode()
    given = lena.post(url, {**drawn.fields, "colleague": "Practitioner/theo"})
    assert given.status_code == 303
    assert clinic.rows("SELECT owner, status FROM work_row WHERE id = ?", other.work[0]) == [("Practitioner/theo", "accepted")]
    assert lena.post(url, {**drawn.fields, "colleague": "Practitioner/theo"}).status_code == 303, "sent twice, done once"
    assert clinic.versions("Task", other.work[0]) == 2
    assert "García" in lena.text("/load?person=Practitioner/theo")
    assert lena.get("/load?task=nothing").status_code == 404


def test_somebody_who_may_not_assign_reads_why(clinic: Clinic, at_desk: AtDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    other = order(clinic, "CBC", patient="bea")
    from benchside.areas.laboratory.acts import cancel_order

    sena = at_desk("sena")
    drawn = sena.form(f"/load?task={other.work[0]}", "assign-form")
    cancel_order(clinic.by("dana"), other.orders[0], "not needed")
    answer = sena.post(f"/load?task={other.work[0]}", {**drawn.fields, "colleague": "Practitioner/theo"})
    assert answer.status_code == 404, "the work ended meanwhile"


def test_it_speaks_spanish(clinic: Clinic, at_desk: AtDesk) -> None:
    to_result(clinic, "POTASSIUM", [("POTASSIUM", "4.1")])
    lena = at_desk("lena")
    page = lena.get("/board?period=30", **{"Accept-Language": "es"}).content.decode()
    for words in ("Filtrar y comparar", "Informes sin leer", "Solicitudes con un tubo rechazado", "Nada está vencido."):
        assert words in page, words
    assert "Turnaround" not in page
    assert "Sin responsable" in lena.get("/load", **{"Accept-Language": "es"}).content.decode()


def test_today_begins_at_the_site_s_midnight(clinic: Clinic, at_desk: AtDesk) -> None:
    order(clinic, "BMP")
    clinic.tell(at=MORNING + timedelta(hours=15, minutes=59))
    assert kpi(at_desk("lena").text("/board"), "Orders").startswith("1|")
    clinic.tell(at=MORNING + timedelta(hours=16, minutes=1))
    assert kpi(at_desk("lena").text("/board"), "Orders").startswith("0|")
