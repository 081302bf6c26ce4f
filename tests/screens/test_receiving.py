"""Reception at a desk: scan after scan, faults, rejection with recollection, the centrifuge, aliquots."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.acts.clinic import Clinic
from tests.screens.conftest import Seat
from tests.stories.steps import accessions, collect, order

AtDesk = Callable[[str], Seat]


@pytest.fixture
def tube(clinic: Clinic) -> tuple[str, str]:
    """(id, label) of a tube of a metabolic panel on its way, collected six minutes ago."""
    placed = order(clinic, "BMP", priority="stat")
    collected = collect(clinic, placed.work[0])
    clinic.tell(minutes=6)
    return collected.specimens[0], accessions(clinic, collected)[0]


def state(clinic: Clinic, own: str) -> str:
    return str(clinic.rows("SELECT state FROM specimen_row WHERE id = ?", own)[0][0])


def test_a_scan_receives_the_tube_and_says_what_comes_next(clinic: Clinic, at_desk: AtDesk, tube: tuple[str, str]) -> None:
    seat = at_desk("theo")
    answer = seat.send("/receive", {"accession": tube[1]})
    assert (answer.status_code, answer["Location"]) == (303, f"/receive?last={tube[0]}")
    assert state(clinic, tube[0]) == "received"
    page = seat.text(answer["Location"])
    assert f"{tube[1]} received" in page
    assert "Spin it now." in page, "lithium heparin: no clotting to wait for"
    assert page.count(f'href="/specimens/{tube[0]}"') >= 3, "on top, on the clock and among the last"
    clinic.tell(minutes=115)
    later = at_desk("theo").text("/receive")
    assert "Time to spin is over" in later or "Too old for some of its tests" in later


def test_the_same_tube_twice_and_an_unknown_one_are_refused_with_words(clinic: Clinic, at_desk: AtDesk, tube: tuple[str, str]) -> None:
    seat = at_desk("theo")
    seat.send("/receive", {"accession": tube[1]})
    again = seat.send("/receive", {"accession": tube[1]})
    assert again.status_code == 409
    assert "reception.specimen.received-already" in again.content.decode()
    unknown = seat.send("/receive", {"accession": "99-0000001"})
    assert (unknown.status_code, "reception.specimen.unknown" in unknown.content.decode()) == (422, True)
    empty = seat.send("/receive", {"accession": " "})
    assert (empty.status_code, "Scan the label" in empty.content.decode()) == (422, True)
    wrong = seat.send("/receive", {"accession": tube[1], "fill_pct": "full"})
    assert (wrong.status_code, "Write digits" in wrong.content.decode()) == (422, True)


def test_a_double_press_receives_once(clinic: Clinic, at_desk: AtDesk, tube: tuple[str, str]) -> None:
    seat = at_desk("theo")
    form = seat.form("/receive")
    fields = {**form.fields, "accession": tube[1]}
    first, second = seat.post(form.action, fields), seat.post(form.action, fields)
    assert (first.status_code, second.status_code, second["Location"]) == (303, 303, first["Location"])
    assert clinic.rows("SELECT count(*) FROM readiness_evidence WHERE act = 'receive_specimen'") == [(1,)]


def test_what_is_wrong_stands_on_top_and_leads_to_the_rejection(clinic: Clinic, at_desk: AtDesk, tube: tuple[str, str]) -> None:
    seat = at_desk("theo")
    answer = seat.send("/receive", {"accession": tube[1], "volume_ml": "0.01"})
    assert "fault=QNS" in answer["Location"]
    page = seat.text(answer["Location"])
    assert f"{tube[1]} needs a decision" in page
    assert f'href="/specimens/{tube[0]}/reject?reason=QNS"' in page
    assert state(clinic, tube[0]) == "received", "a person decides"


def test_a_rejection_is_collected_again_and_told(clinic: Clinic, at_desk: AtDesk, tube: tuple[str, str]) -> None:
    seat = at_desk("theo")
    seat.send("/receive", {"accession": tube[1]})
    page = f"/specimens/{tube[0]}/reject?reason=HEMOLYZED"
    refused = seat.send(page, {"text": "no"})
    assert (refused.status_code, "reason.missing" in refused.content.decode()) == (422, True)
    done = seat.send(page, {"text": "free haemoglobin 3+"})
    assert (done.status_code, done["Location"]) == (303, f"/specimens/{tube[0]}")
    story = seat.text(done["Location"])
    assert "Told: Tara Tech, Dana Doctor." in story
    assert "It is collected again: Potassium." in story
    assert "Tara Tech: told of the rejection" in story
    (recollection,) = clinic.rows("SELECT id FROM work_row WHERE kind = 'collect' AND open = 1")
    assert f'href="/work/{recollection[0]}"' in story
    assert "Potassium" not in story.split("Tests</dt>")[1].split("</dd>")[0], "what is still made of the tube"


def test_a_run_of_the_centrifuge_and_what_it_refuses(clinic: Clinic, at_desk: AtDesk, tube: tuple[str, str]) -> None:
    seat = at_desk("theo")
    seat.send("/receive", {"accession": tube[1]})
    form = seat.form("/centrifuge")
    assert form.fields["centrifuge"] == ["spinner"], "the only one is chosen"
    assert form.fields["program_g"] == ["1300"], "the tube's own programme"
    nothing = seat.post(form.action, form.fields)
    assert (nothing.status_code, "Choose the tubes" in nothing.content.decode()) == (422, True)
    weak = seat.send("/centrifuge", {"tube": tube[0], "program_g": "500"})
    assert (weak.status_code, "reception.centrifuge.wrong-force" in weak.content.decode()) == (422, True)
    done = seat.send("/centrifuge", {"tube": tube[0]})
    assert done.status_code == 303
    assert clinic.rows("SELECT spun_us IS NOT NULL FROM specimen_row WHERE id = ?", tube[0])[0][0]
    assert "Spun: ready for the bench." in seat.text("/receive")


def test_aliquots_need_material_and_a_destination(clinic: Clinic, at_desk: AtDesk, tube: tuple[str, str]) -> None:
    seat = at_desk("theo")
    seat.send("/receive", {"accession": tube[1]})
    page = f"/specimens/{tube[0]}/aliquot"
    fields = {"tests_1": ["SODIUM", "POTASSIUM"], "volume_ml": "2"}
    nowhere = seat.send(page, fields)
    assert (nowhere.status_code, "Say where this aliquot goes" in nowhere.content.decode()) == (422, True)
    whole = seat.send(page, {**fields, "to_1": "Reference laboratory"})
    assert (whole.status_code, "reception.aliquot.not-spun" in whole.content.decode()) == (422, True)
    seat.send("/centrifuge", {"tube": tube[0]})
    clinic.tell(minutes=12)
    done = seat.send(page, {**fields, "to_1": "Reference laboratory"})
    assert done.status_code == 303
    assert f"{tube[1]}A1" in seat.text(done["Location"])


def test_a_junior_names_who_co_signs(clinic: Clinic, at_desk: AtDesk, tube: tuple[str, str]) -> None:
    seat = at_desk("juno")
    alone = seat.send("/receive", {"accession": tube[1]})
    assert (alone.status_code, "supervision.none" in alone.content.decode()) == (422, True)
    helped = seat.send("/receive", {"accession": tube[1], "supervisor": "Practitioner/sena", "supervision": "cosign"})
    assert helped.status_code == 303
    assert clinic.rows("SELECT owner FROM work_row WHERE kind = 'cosign' AND open = 1") == [("Practitioner/sena",)]


def test_work_grows_with_the_page_and_not_with_the_table(clinic: Clinic, at_desk: AtDesk, tube: tuple[str, str]) -> None:
    seat = at_desk("theo")
    seat.send("/receive", {"accession": tube[1]})
    clinic.tell(at=clinic.now + timedelta(days=8))
    assert "No time is running" in at_desk("theo").text("/receive"), "three days are looked back at most"
