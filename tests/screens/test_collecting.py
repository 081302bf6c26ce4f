"""From identification to labelled tubes and what comes after: each page, each refusal, each slip."""

from collections.abc import Callable
from datetime import date

import pytest

from benchside.areas.laboratory.acts import OrderItem, claim_work, identify_patient, place_order
from benchside.areas.laboratory.models import PrintJob
from benchside.areas.laboratory.printing import ask_for_labels
from benchside.fhir import r4
from benchside.readiness.gathering.kept import COMPETENCE, facts_named, load
from benchside.readiness.identity import Identity
from tests.acts.clinic import Clinic, arm, held, precaution
from tests.screens.conftest import Seat
from tests.stories.steps import ANA, BEA, order

AtDesk = Callable[[str], Seat]
EXPIRES = "2027-01-31"


def claimed(clinic: Clinic, *codes: str, by: str = "tara", **more: object) -> str:
    work = order(clinic, *(codes or ("BMP", "CBC")), **more).work[0]  # type: ignore[arg-type]  # as order takes them
    claim_work(clinic.by(by), work)
    return work


def labelled(clinic: Clinic, *codes: str, by: str = "tara", **more: object) -> tuple[str, list[str]]:
    work = claimed(clinic, *codes, by=by, **more)
    identify_patient(clinic.by(by), work, ANA)
    ask_for_labels(clinic.by(by), work, "printer")
    return work, [row[0] for row in clinic.rows("SELECT accession FROM specimen_row ORDER BY accession")]


def scans(clinic: Clinic, *labels: str) -> dict[str, str]:
    at = clinic.now.isoformat()
    return {name: value for label in labels for name, value in ((f"at-{label}", at), (f"expires-{label}", EXPIRES))}


# ---- identification


def test_the_page_does_not_show_the_answer_before_the_question(clinic: Clinic, at_desk: AtDesk) -> None:
    html = at_desk("tara").text(f"/work/{claimed(clinic)}/identify")
    assert "Silva" in html
    for answer in ("Ana Maria", "1980", "MRNana"):
        assert answer not in html


def test_the_wristband_and_the_birth_date_told_identify(clinic: Clinic, at_desk: AtDesk) -> None:
    work = claimed(clinic)
    done = at_desk("tara").send(f"/work/{work}/identify", {"wristband": "MRNana", "birth_date": "1980-02-03"})
    assert (done.status_code, done["Location"]) == (303, f"/work/{work}/next")
    task = load(clinic.record, r4.Task, work)
    assert facts_named(task, "identified-by")[0].valueString == "birth-date record-number"


def test_without_a_wristband_the_whole_name_is_asked(clinic: Clinic, at_desk: AtDesk) -> None:
    work = claimed(clinic)
    seat = at_desk("tara")
    half = seat.send(f"/work/{work}/identify", {"birth_date": "1980-02-03"})
    assert half.status_code == 422
    assert "Scan the wristband, or ask for the full name" in half.content.decode()
    assert seat.send(f"/work/{work}/identify", {"family": "silva", "given": "ana  maria", "birth_date": "1980-02-03"}).status_code == 303


def test_a_mismatch_stops_everything_and_says_what_differed(clinic: Clinic, at_desk: AtDesk) -> None:
    work = claimed(clinic)
    order(clinic, "CBC", patient="bea")
    seat = at_desk("tara")
    stopped = seat.send(f"/work/{work}/identify", {"wristband": "MRNbea", "birth_date": "1975-11-30"})
    html = stopped.content.decode()
    assert stopped.status_code == 422
    for words in ("Stop. This is not the patient", "MRNbea", "1975-11-30", "/worklist?q=MRNbea", "Tell the lead"):
        assert words in html, words
    assert seat.get(f"/work/{work}/collect")["Location"] in (f"/work/{work}/identify", f"/work/{work}")
    told = seat.post(f"/work/{work}/tell-lead", {"idempotency_key": "k" * 22})
    assert told.status_code == 303
    assert clinic.rows("SELECT recipient, patient FROM communication_row") == [("Practitioner/lena", "ana")]


# ---- labels


def test_labels_are_asked_for_and_their_state_is_told_as_it_is(clinic: Clinic, at_desk: AtDesk) -> None:
    work = claimed(clinic)
    identify_patient(clinic.by("tara"), work, ANA)
    seat = at_desk("tara")
    html = seat.text(f"/work/{work}/collect")
    assert html.index("green") < html.index("lavender"), "in order of draw"
    assert "no label yet" in html
    done = seat.send(f"/work/{work}/collect", {"equipment": "winged", "printer": "printer"}, "labels-form")
    assert done.status_code == 303
    html = seat.text(f"/work/{work}/collect")
    assert "Waiting for the printer" in html
    assert "printer confirmed" not in html
    waiting = seat.get(f"/work/{work}/labels/state", HX_Request="true")
    assert waiting.status_code == 200
    PrintJob.objects.update(state="failed", reasons=[("labels.printer.paper-out", {"printer": "Printer of room 4"})])
    failed = seat.get(f"/work/{work}/labels/state", HX_Request="true")
    assert failed.status_code == 286, "the page stops asking"
    assert "Printer of room 4 has no labels." in failed.content.decode()
    again = seat.post(f"/labels/{PrintJob.objects.get().pk}/again", {"idempotency_key": "k" * 22, "printer": "printer"})
    assert again.status_code == 303
    assert PrintJob.objects.count() == 2
    PrintJob.objects.update(state="printed")
    told = seat.get(f"/work/{work}/labels/state", HX_Request="true")
    assert (told.status_code, "the printer confirmed every label" in told.content.decode()) == (286, True)


def test_a_label_is_printed_again_with_a_reason(clinic: Clinic, at_desk: AtDesk) -> None:
    work, _ = labelled(clinic)
    own = clinic.rows("SELECT id FROM specimen_row ORDER BY accession")[0][0]
    seat = at_desk("tara")
    assert seat.send(f"/specimens/{own}/reprint", {"printer": "printer"}).status_code == 422
    done = seat.send(f"/specimens/{own}/reprint", {"reason": "damaged", "printer": "printer"})
    assert (done.status_code, done["Location"]) == (303, f"/work/{work}/collect")
    assert PrintJob.objects.order_by("-id")[0].copies == {own: 2}


def test_a_wristband_is_asked_for(clinic: Clinic, at_desk: AtDesk) -> None:
    seat = at_desk("fred")
    assert seat.send("/patients/ana/wristband", {"printer": "printer"}).status_code == 303
    assert PrintJob.objects.get().kind == "wristband"
    assert "Waiting for the printer" in seat.text("/patients/ana/wristband")


# ---- the rack


def test_scanned_tubes_are_recorded_with_the_scans_moment(clinic: Clinic, at_desk: AtDesk) -> None:
    work, labels = labelled(clinic)
    seat = at_desk("tara")
    clinic.tell(minutes=4)
    fields = scans(clinic, *labels)
    clinic.tell(minutes=2)
    drawn = seat.form(f"/work/{work}/collect")
    sent = {**drawn.fields, **fields, "side": "left", "site": "elbow", "failed": "1", "complications": "hematoma", "do": "finish"}
    done = seat.post(drawn.action, sent)
    assert (done.status_code, done["Location"]) == (303, f"/work/{work}")
    assert seat.post(drawn.action, sent).status_code == 303, "the same form sent twice is done once"
    assert clinic.rows("SELECT DISTINCT state, collected_us FROM specimen_row") == [
        ("collected", int((clinic.now.timestamp() - 120) * 1_000_000))
    ]
    assert clinic.rows("SELECT count(*) FROM work_row WHERE kind = 'receive'") == [(1,)]
    html = seat.text(f"/work/{work}")
    assert "Bring the tubes to the laboratory." in html
    labelled(clinic, "TSH")
    again = clinic.rows("SELECT id FROM work_row WHERE open = 1 AND kind = 'collect'")[0][0]
    assert "collect" in seat.text(f"/work/{again}/collect")


def test_without_scripts_each_scan_is_sent_and_kept(clinic: Clinic, at_desk: AtDesk) -> None:
    work, labels = labelled(clinic)
    seat = at_desk("tara")
    drawn = seat.form(f"/work/{work}/collect")
    first = seat.post(drawn.action, {**drawn.fields, "scan": labels[0], "failed": "1"})
    html = first.content.decode()
    assert first.status_code == 200
    assert "1 of 2 scanned" in html
    assert f'value="{clinic.now.isoformat(timespec="milliseconds")}"' in html
    marked = seat.post(drawn.action, {**drawn.fields, "scan": "]C10109501101530003172701311012AB"}).content.decode()
    assert 'value="2027-01-31"' in marked
    assert 'value="12AB"' in marked


@pytest.mark.parametrize(
    ("scan", "words"),
    [("26-0000003", "label is of another patient"), ("26-9999999", "26-9999999")],
    ids=["another patient's", "nobody's"],
)
def test_a_wrong_label_stops_with_what_it_is(clinic: Clinic, at_desk: AtDesk, scan: str, words: str) -> None:
    work, labels = labelled(clinic)
    other = claimed(clinic, "CBC", by="theo", patient="bea")
    identify_patient(clinic.by("theo"), other, BEA)
    ask_for_labels(clinic.by("theo"), other, "printer")
    seat = at_desk("tara")
    drawn = seat.form(f"/work/{work}/collect")
    stopped = seat.post(drawn.action, {**drawn.fields, **scans(clinic, labels[0]), "scan": scan})
    html = stopped.content.decode()
    assert stopped.status_code == 422
    assert "Stop. This label is not of this collection." in html
    assert words in html
    assert "1 of 2 scanned" in html, "what was scanned before is kept"


def test_every_reason_is_told_at_once(clinic: Clinic, at_desk: AtDesk) -> None:
    clinic.write(arm("a1", "ana", "left-fistula"), precaution("p1", "ana", "contact"))
    work, labels = labelled(clinic)
    seat = at_desk("tara")
    html = seat.text(f"/work/{work}/collect")
    assert "Left arm: fistula" in html
    refused = seat.send(f"/work/{work}/collect", {f"at-{labels[0]}": clinic.now.isoformat(), "side": "left", "do": "finish"})
    assert refused.status_code == 422
    html = refused.content.decode()
    for code in ("collection.arm.restricted", "collection.tube.expiry-unknown", "precautions."):
        assert code in html, code
    assert "arteriovenous fistula" in html, "the area's own names"


def test_a_broken_order_of_draw_warns_with_the_effect(clinic: Clinic, at_desk: AtDesk) -> None:
    work, labels = labelled(clinic)
    seat = at_desk("tara")
    html = seat.text(f"/work/{work}/collect")
    assert "potassium up" in html, "the warning is there before anything is sent"
    fields = scans(clinic, labels[1])
    clinic.tell(minutes=1)
    fields |= scans(clinic, labels[0])
    refused = seat.send(f"/work/{work}/collect", {**fields, "side": "left", "do": "finish"})
    assert refused.status_code == 422
    assert "Emergency override" in refused.content.decode()


def test_an_old_scan_is_refused_and_the_page_keeps_it(clinic: Clinic, at_desk: AtDesk) -> None:
    work, labels = labelled(clinic)
    fields = scans(clinic, *labels)
    clinic.tell(minutes=9)
    refused = at_desk("tara").send(f"/work/{work}/collect", {**fields, "side": "left", "do": "finish"})
    assert refused.status_code == 422
    assert "collection.scan.late" in refused.content.decode()


def test_fasting_is_asked_when_the_order_asks(clinic: Clinic, at_desk: AtDesk) -> None:
    work = place_order(clinic.by("dana"), "ana", [OrderItem("TRIG", fasting=True)]).work[0]
    claim_work(clinic.by("tara"), work)
    identify_patient(clinic.by("tara"), work, ANA)
    ask_for_labels(clinic.by("tara"), work, "printer")
    seat = at_desk("tara")
    labels = [row[0] for row in clinic.rows("SELECT accession FROM specimen_row")]
    fields = {**scans(clinic, *labels), "side": "left", "do": "finish"}
    assert "collection.fasting.not-told" in seat.send(f"/work/{work}/collect", fields).content.decode()
    assert seat.send(f"/work/{work}/collect", {**fields, "last_meal": "2026-05-10T21:00"}).status_code == 303


def test_blood_then_urine_one_after_the_other(clinic: Clinic, at_desk: AtDesk) -> None:
    work, labels = labelled(clinic, "CBC", "UA")
    seat = at_desk("tara")
    assert "After this" in seat.text(f"/work/{work}/collect")
    first = seat.send(f"/work/{work}/collect", {**scans(clinic, labels[0]), "side": "left", "do": "finish"})
    assert (first.status_code, first["Location"]) == (303, f"/work/{work}/collect")
    second = seat.send(f"/work/{work}/collect", {**scans(clinic, labels[1]), "do": "finish"})
    assert second["Location"] == f"/work/{work}"


def test_a_junior_names_who_stands_beside_them(clinic: Clinic, at_desk: AtDesk) -> None:
    work, labels = labelled(clinic, by="juno")
    seat = at_desk("juno")
    fields = {**scans(clinic, *labels), "side": "left", "do": "finish"}
    refused = seat.send(f"/work/{work}/collect", fields)
    assert refused.status_code == 422
    assert "supervision.none" in refused.content.decode()
    assert seat.send(f"/work/{work}/collect", {**fields, "supervisor": "Practitioner/sena", "supervision": "present"}).status_code == 303


def test_a_lapsed_competence_refuses_and_says_until_when(clinic: Clinic, at_desk: AtDesk) -> None:
    clinic.write(held("tara", COMPETENCE, "venipuncture", end="2026-01-01"))
    work, labels = labelled(clinic)
    seat = at_desk("tara")
    fields = {**scans(clinic, *labels), "side": "left", "do": "finish"}
    refused = seat.send(f"/work/{work}/collect", fields)
    assert "competence.lapsed" in refused.content.decode()
    emergency = {
        "override_reason": "patient-in-danger",
        "override_text": "bleeding, nobody else here",
        "signature": "heron-slate-meadow-plum",
    }
    assert seat.send(f"/work/{work}/collect", {**fields, **emergency}).status_code == 303
    assert clinic.rows("SELECT count(*) FROM work_row WHERE kind = 'review-override'") == [(1,)]


def test_nothing_collected_is_coded_and_queued_again(clinic: Clinic, at_desk: AtDesk) -> None:
    work = claimed(clinic)
    seat = at_desk("tara")
    assert seat.send(f"/work/{work}/unable", {"reason": "patient-absent"}).status_code == 422, "a word why is asked for"
    done = seat.send(f"/work/{work}/unable", {"reason": "patient-absent", "text": "in radiology until ten", "failed": "0"})
    assert (done.status_code, done["Location"]) == (303, "/worklist")
    assert clinic.rows("SELECT owner, open FROM work_row WHERE id = ?", work) == [("", 1)]


def test_after_two_attempts_a_colleague_takes_over(clinic: Clinic, at_desk: AtDesk) -> None:
    work, labels = labelled(clinic)
    seat = at_desk("tara")
    seat.send(f"/work/{work}/unable", {"reason": "two-attempts-failed", "text": "veins collapsed", "failed": "2"})
    claim_work(clinic.by("tara"), work)
    identify_patient(clinic.by("tara"), work, ANA)
    assert "A second person takes over now." in seat.text(f"/work/{work}/collect")
    refused = seat.send(f"/work/{work}/collect", {**scans(clinic, *labels), "side": "left", "do": "finish"})
    assert "collection.attempts.hand-over" in refused.content.decode()


def test_a_child_without_weight_is_weighed_first(clinic: Clinic, at_desk: AtDesk) -> None:
    work = claimed(clinic, "CBC", patient="kid")
    identify_patient(clinic.by("tara"), work, Identity("Smith", "Kim", date(2021, 4, 1)))
    html = at_desk("tara").text(f"/work/{work}/collect")
    assert "weight is not known" in html


def test_somebody_elses_collection_is_not_opened(clinic: Clinic, at_desk: AtDesk) -> None:
    work, _ = labelled(clinic)
    assert at_desk("theo").get(f"/work/{work}/collect")["Location"] == f"/work/{work}"
