"""The worklist: what is due, whose it is, found by scan and search; claimed by one, and live at little cost."""

from collections.abc import Callable

import pytest

from benchside.areas.laboratory.acts import claim_work, identify_patient, release_work
from benchside.areas.laboratory.printing import ask_for_labels
from benchside.fhir import r4
from benchside.readiness.gathering.kept import ALERT, concept, reference
from tests.acts.clinic import Clinic, arm, precaution
from tests.screens.conftest import Seat
from tests.stories.steps import ANA, order

AtDesk = Callable[[str], Seat]


def place(clinic: Clinic, own: str, name: str) -> str:
    clinic.write(r4.Location(id=own, status="active", name=name))
    return own


def test_due_work_stands_patient_by_patient_with_what_to_know(clinic: Clinic, at_desk: AtDesk) -> None:
    room = place(clinic, "r4", "Room 4")
    note = r4.Flag(
        id="dd", status="active", code=concept(ALERT, "difficult-draw", text="Difficult draw: right hand"), subject=reference("Patient/ana")
    )
    clinic.write(precaution("p1", "ana", "contact"), arm("a1", "ana", "left-fistula"), note)
    order(clinic, "CBC", "VITALS", priority="stat", location=room)
    order(clinic, "BMP", patient="bea")
    html = at_desk("tara").text("/worklist")
    assert html.index("Ana Maria Silva") < html.index("Beatriz García"), "the STAT stands first"
    assert html.count('class="stop ') == 2, "one stop for each patient"
    assert html.count('class="task ') == 3
    for words in ("Room 4", "contact precautions", "Left arm: fistula", "Difficult draw: right hand", "lavender", "3 tasks due"):
        assert words in html, words


def test_overdue_work_is_told(clinic: Clinic, at_desk: AtDesk) -> None:
    order(clinic, "CBC", priority="stat")
    clinic.tell(minutes=300)
    assert "1 overdue" in at_desk("tara").text("/worklist")


def test_a_list_without_work_says_what_to_do(clinic: Clinic, at_desk: AtDesk) -> None:
    assert "New orders show up here by themselves." in at_desk("tara").text("/worklist")


def test_two_people_claim_at_once_and_the_second_is_told_who_has_it(clinic: Clinic, at_desk: AtDesk) -> None:
    work = order(clinic, "CBC").work[0]
    first, second = at_desk("tara"), at_desk("theo")
    field = {"idempotency_key": "k" * 22}
    assert first.post(f"/work/{work}/claim", field).status_code == 303
    late = second.post(f"/work/{work}/claim", {"idempotency_key": "f" * 22})
    assert late.status_code == 409
    assert "Tara Tech" in late.content.decode()
    assert clinic.rows("SELECT owner FROM work_row WHERE id = ?", work) == [("Practitioner/tara",)]
    again = first.post(f"/work/{work}/claim", field)
    assert again.status_code == 303, "the same press sent twice is done once"
    assert clinic.versions("Task", work) == 2


def test_claiming_offers_to_undo(clinic: Clinic, at_desk: AtDesk) -> None:
    work = order(clinic, "CBC").work[0]
    seat = at_desk("tara")
    seat.post(f"/work/{work}/claim", {"idempotency_key": "a" * 22})
    html = seat.text("/worklist")
    assert f'action="/work/{work}/release"' in html
    assert seat.post(f"/work/{work}/release", {"idempotency_key": "b" * 22}).status_code == 303
    assert clinic.rows("SELECT owner FROM work_row WHERE id = ?", work) == [("",)]


def test_tabs_and_filters_narrow_the_list(clinic: Clinic, at_desk: AtDesk) -> None:
    one, two = place(clinic, "r1", "Room 1"), place(clinic, "r2", "Room 2")
    mine = order(clinic, "CBC", location=one).work[0]
    order(clinic, "VITALS", patient="bea", location=two)
    order(clinic, "POCGLU", patient="joe", location=two, priority="urgent")
    claim_work(clinic.by("tara"), mine)
    seat = at_desk("tara")

    def who(query: str) -> set[str]:
        html = seat.text(f"/worklist?{query}")
        return {name for name in ("Silva", "García", "Smith") if f"{name}</strong>" in html}

    assert who("whose=mine") == {"Silva"}
    assert who("whose=here") == {"García", "Smith"}
    assert who("whose=here&place=r2&kind=vital-signs") == {"García"}
    assert who("whose=all&place=") == {"Silva", "García", "Smith"}
    assert who("priority=urgent&place=") == {"Smith"}
    assert who("q=garcia&place=") == {"García"}
    assert who("q=MRNjoe&place=") == {"Smith"}
    requisition = clinic.rows("SELECT requisition FROM work_row WHERE patient = 'ana'")[0][0]
    assert who(f"q={requisition}&place=") == {"Silva"}


def test_the_place_is_kept_on_the_tablet(clinic: Clinic, at_desk: AtDesk) -> None:
    order(clinic, "CBC", location=place(clinic, "r1", "Room 1"))
    order(clinic, "CBC", patient="bea", location=place(clinic, "r2", "Room 2"))
    seat = at_desk("tara")
    seat.text("/worklist?place=r2")
    html = seat.text("/worklist")
    assert "García" in html
    assert "Silva" not in html


def test_an_idle_poll_costs_nearly_nothing(clinic: Clinic, at_desk: AtDesk) -> None:
    work = order(clinic, "CBC").work[0]
    seat = at_desk("tara")
    first = seat.get("/worklist/rows", HX_Request="true")
    assert first.status_code == 200
    assert first.content.decode().count('class="stop ') == 1
    idle = seat.get("/worklist/rows", HX_Request="true", If_None_Match=first["ETag"])
    assert (idle.status_code, idle.content) == (304, b"")
    order(clinic, "EKG12", patient="kid")  # something else happened, and it shows
    changed = seat.get("/worklist/rows", HX_Request="true", If_None_Match=first["ETag"])
    assert changed.status_code == 200
    clinic.write(r4.Location(id="x", name="Elsewhere"))  # a commit that shows nowhere here
    same = seat.get("/worklist/rows", HX_Request="true", If_None_Match=changed["ETag"])
    assert same.status_code == 304
    assert same["ETag"] != changed["ETag"], "so that the next look is the cheap one again"
    release = claim_work(clinic.by("tara"), work)
    assert release.owner
    assert seat.get("/worklist/rows", HX_Request="true", If_None_Match=same["ETag"]).status_code == 200


def test_the_work_of_others_is_opened_where_it_is_done(clinic: Clinic, at_desk: AtDesk) -> None:
    work = order(clinic, "CBC").work[0]
    seat = at_desk("tara")
    html = seat.text(f"/work/{work}")
    assert "Nobody has this yet." in html
    assert seat.get("/work/none").status_code == 404
    assert seat.post(f"/work/{work}/claim", {"idempotency_key": "c" * 22, "go": "yes"})["Location"] == f"/work/{work}/next"
    assert seat.get(f"/work/{work}/next")["Location"] == f"/work/{work}/identify"
    assert "Tara Tech has this" in at_desk("theo").text(f"/work/{work}")


def test_a_lead_gives_work_to_a_colleague(clinic: Clinic, at_desk: AtDesk) -> None:
    work = order(clinic, "CBC").work[0]
    assert "Give it to a colleague" not in at_desk("tara").text(f"/work/{work}")
    done = at_desk("lena").send(f"/work/{work}", {"colleague": "Practitioner/theo"}, "assign-form")
    assert done.status_code == 303
    assert clinic.rows("SELECT owner, status FROM work_row WHERE id = ?", work) == [("Practitioner/theo", "accepted")]
    assert at_desk("tara").post(f"/work/{work}/assign", {"idempotency_key": "d" * 22, "colleague": "Practitioner/tara"}).status_code == 422


def test_a_scan_opens_what_it_is(clinic: Clinic, at_desk: AtDesk) -> None:
    placed = order(clinic, "CBC")
    work = placed.work[0]
    seat = at_desk("tara")
    assert seat.get("/scan?code=MRNana")["Location"] == f"/work/{work}"
    assert seat.get(f"/scan?code={placed.requisition}")["Location"].startswith("/worklist?q=R26")
    order(clinic, "VITALS")
    assert seat.get("/scan?code=mrnana")["Location"] == "/worklist?q=MRNana&place="
    claim_work(clinic.by("tara"), work)
    identify_patient(clinic.by("tara"), work, ANA)
    ask_for_labels(clinic.by("tara"), work, "printer")
    assert seat.get("/scan?code=26-0000001")["Location"] == f"/work/{work}/collect"
    unknown = seat.get("/scan?code=NOBODY")
    assert unknown.status_code == 404
    assert "NOBODY" in unknown.content.decode()
    assert seat.get("/scan").status_code == 200


@pytest.mark.parametrize(("who", "status"), [("tara", 200), ("juno", 200), ("nora", 200), ("fred", 403), ("ada", 403)])
def test_who_sees_the_worklist(clinic: Clinic, at_desk: AtDesk, who: str, status: int) -> None:
    assert at_desk(who).get("/worklist").status_code == status


def test_handed_back_work_can_be_taken_by_the_next(clinic: Clinic, at_desk: AtDesk) -> None:
    work = order(clinic, "CBC").work[0]
    claim_work(clinic.by("tara"), work)
    release_work(clinic.by("tara"), work, "called away")
    html = at_desk("theo").text("/worklist")
    assert "called away" in html
    assert f"/work/{work}/claim" in html
