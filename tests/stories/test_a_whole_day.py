"""From a clinician's order to a result the clinician has acknowledged, every step through the gate, every time known."""

from benchside.areas.laboratory.acts import (
    acknowledge_report,
    centrifuge,
    claim_work,
    collect_specimens,
    confirm_labels,
    identify_patient,
    plan_collection,
    print_labels,
    receive_specimen,
    verify_result,
)
from benchside.fhir import r4, read
from benchside.readiness.models import Evidence
from tests.acts.clinic import Clinic
from tests.stories.steps import ANA, order, result, scans


def test_from_order_to_acknowledgement(clinic: Clinic) -> None:
    # 08:00 the physician orders a basic panel and a blood count; one requisition, one collection.
    placed = order(clinic, "BMP", "CBC", reasons=["E11.9"])
    assert placed.requisition == "R26-0000001"
    assert len(placed.work) == 1
    work = placed.work[0]
    assert clinic.rows("SELECT kind, status, patient, owner, requisition FROM work_row WHERE id = ?", work) == [
        ("collect", "requested", "ana", "", placed.requisition)
    ]
    # 08:05 the technician claims it, sees the fewest tubes, identifies the patient, prints the labels.
    clinic.tell(minutes=5)
    claim_work(clinic.by("tara"), work)
    plan = plan_collection(clinic.record, work, clinic.now)
    assert [tube.tube for tube in plan.ways["venipuncture"].tubes] == ["HEPARIN", "EDTA"], (
        "plasma serves all of the panel; heparin is drawn before EDTA (CLSI GP41)"
    )
    identify_patient(clinic.by("tara"), work, ANA)
    labels = print_labels(clinic.by("tara"), work, "printer")
    assert [label.accession for label in labels.labels] == ["26-0000001", "26-0000002"]
    confirm_labels(clinic.by("tara"), work, "printer", printed=True)
    # 08:10 each tube is scanned back to the patient: that is the collection time, not the printing.
    scanned_at = clinic.tell(minutes=5)
    tubes = scans(clinic, labels)
    clinic.tell(minutes=1)
    collected = collect_specimens(clinic.by("tara"), work, tubes)
    assert collected.done
    specimen = read(clinic.record.read("Specimen", collected.specimens[0]).content)
    assert isinstance(specimen, r4.Specimen)
    assert specimen.collection is not None
    assert specimen.collection.collectedDateTime == "2026-05-11T08:10:00Z"
    assert clinic.rows("SELECT DISTINCT state, collector FROM specimen_row") == [("collected", "Practitioner/tara")]
    # 08:20 the laboratory receives both; the bench sees two reports waiting, the transport is over.
    clinic.tell(minutes=9)
    received = [receive_specimen(clinic.by("theo"), label.accession) for label in labels.labels]
    assert received[0].clocks[0].spin_not_before == scanned_at, "plasma needs no clotting"
    assert received[0].faults == ()
    assert clinic.rows("SELECT status FROM work_row WHERE kind = 'receive'") == [("completed",)]
    assert clinic.rows("SELECT count(*) FROM report_row WHERE status = 'registered'") == [(2,)]
    # 08:50 spun, measured, entered; 09:00 verified by somebody else.
    clinic.tell(minutes=30)
    centrifuge(clinic.by("theo"), [collected.specimens[0]], "spinner", program_g=1500, minutes=10)
    clinic.tell(minutes=15)
    panel = [
        ("SODIUM", "140"),
        ("POTASSIUM", "4.1"),
        ("CHLORIDE", "104"),
        ("CO2", "25"),
        ("BUN", "14"),
        ("CREATININE", "0.90"),
        ("GLUCOSE", "101"),
        ("CALCIUM", "9.4"),
    ]
    entered = result(clinic, placed.orders[0], collected.specimens[0], panel)
    assert entered.complete
    assert {line.analyte for line in entered.lines} >= {"SODIUM", "POTASSIUM"}
    assert clinic.rows("SELECT status FROM report_row WHERE id = ?", entered.report) == [("preliminary",)]
    clinic.tell(minutes=5)
    verified = verify_result(clinic.by("theo"), entered.report)
    assert (verified.status, verified.calls) == ("final", ())
    assert clinic.rows("SELECT value, unit, flag FROM result_row WHERE test = 'POTASSIUM'") == [("4.1", "mmol/L", "N")]
    assert clinic.rows("SELECT status FROM order_row WHERE id = ?", placed.orders[0]) == [("completed",)]
    # The physician's inbox has it; she acknowledges; the loop is closed.
    assert clinic.rows("SELECT id, owner FROM work_row WHERE kind = 'review-result' AND open = 1") == [
        (verified.review, "Practitioner/dana")
    ]
    clinic.tell(minutes=20)
    acknowledge_report(clinic.by("dana"), verified.review, note="fine")
    assert clinic.rows("SELECT status, ended_us - authored_us FROM work_row WHERE id = ?", verified.review) == [
        ("completed", 20 * 60 * 1_000_000)
    ]
    done = list(Evidence.objects.order_by("id").values_list("act", flat=True))
    assert done == [
        "order",
        "claim_work",
        "identify_patient",
        "print_label",
        "print_label",
        "collect_specimen",
        "receive_specimen",
        "receive_specimen",
        "process_specimen",
        "enter_result",
        "verify_result",
        "acknowledge_result",
    ]
