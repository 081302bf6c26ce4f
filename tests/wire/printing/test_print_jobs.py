"""Labels from the act to the printer: nothing is printed twice, and nothing is called printed that was not confirmed."""

from datetime import date
from decimal import Decimal

import pytest
from django_tasks_db.models import DBTaskResult

from benchside.areas.laboratory.acts import Draw, claim_work, collect_specimens, identify_patient
from benchside.areas.laboratory.acts.collecting import ScannedTube
from benchside.areas.laboratory.models import PrintJob
from benchside.areas.laboratory.printing import (
    REPRINT_REASONS,
    Asked,
    ask_again,
    ask_for_labels,
    ask_for_reprint,
    ask_for_wristband,
    confirm_job,
    printer_extensions,
)
from benchside.fhir import r4
from benchside.readiness.gathering.kept import facts_named, load
from benchside.terms.refusal import ActRefused
from benchside.wire.labels import REPRINT_REASONS as LABEL_REASONS
from benchside.wire.labels import Outcome, PrinterAddress, ZplJob, print_job
from benchside.wire.printing.content import specimen_label, wristband_label
from benchside.wire.printing.tasks import print_labels
from benchside.wire.printing.work import pdf_of, work_on
from tests.acts.accounts import open_accounts
from tests.acts.clinic import Clinic, arm, device, open_clinic
from tests.stories.steps import ANA, order
from tests.wire.labels.running import QUICK, virtual_printer


@pytest.fixture
def clinic(database: str) -> Clinic:
    """An open clinic with accounts, on each engine."""
    del database
    opened = open_clinic()
    open_accounts()
    return opened


def printer(clinic: Clinic, address: PrinterAddress | None, own: str = "lp1") -> str:
    made = device(own, "label_printer")
    made.deviceName = [r4.DeviceDeviceName(name="Printer of room 4", type="user-friendly-name")]
    made.url = f"socket://{address}" if address else None
    made.extension = [*(made.extension or ()), *printer_extensions()]
    clinic.write(made)
    return own


def asked(clinic: Clinic, printer_id: str, *codes: str, **more: str) -> Asked:
    work = order(clinic, *(codes or ("BMP", "CBC")), **more).work[0]
    claim_work(clinic.by("tara"), work)
    identify_patient(clinic.by("tara"), work, ANA)
    return ask_for_labels(clinic.by("tara"), work, printer_id)


def quickly(address: PrinterAddress, job: ZplJob) -> Outcome:
    return print_job(address, job, QUICK)


def do(clinic: Clinic, job: int) -> PrintJob:
    work_on(job, lambda: clinic.now, quickly)
    return PrintJob.objects.get(pk=job)


def facts_of(clinic: Clinic, work: str, name: str) -> int:
    return len(facts_named(load(clinic.record, r4.Task, work), name))


def test_labels_are_asked_for_in_the_acts_transaction_and_printed_by_the_worker(clinic: Clinic) -> None:
    with virtual_printer() as (paper, address):
        done = asked(clinic, printer(clinic, address), priority="stat")
        assert PrintJob.objects.get().state == "waiting"
        assert DBTaskResult.objects.get().args_kwargs == {"args": [done.job], "kwargs": {}}
        job = do(clinic, done.job)
        assert (job.state, job.reasons) == ("printed", [])
        assert len(paper.printed) == len(done.specimens) == 2
        assert b"26-0000001" in paper.printed[0]
        assert b"SILVA" in paper.printed[0]
    assert facts_of(clinic, done.work, "labels-printed") == 1


def test_a_refused_act_asks_for_nothing(clinic: Clinic) -> None:
    work = order(clinic, "CBC").work[0]
    claim_work(clinic.by("theo"), work)
    with pytest.raises(ActRefused):
        ask_for_labels(clinic.by("tara"), work, "printer")
    assert (PrintJob.objects.count(), DBTaskResult.objects.count()) == (0, 0)


def test_the_same_form_asks_once(clinic: Clinic) -> None:
    work = order(clinic, "CBC").work[0]
    claim_work(clinic.by("tara"), work)
    first = ask_for_labels(clinic.by("tara", request_key="k" * 32), work, "printer")
    assert ask_for_labels(clinic.by("tara", request_key="k" * 32), work, "printer") == first
    assert PrintJob.objects.count() == 1


def test_what_the_label_says_is_what_the_record_says(clinic: Clinic) -> None:
    done = asked(clinic, "printer", "BMP", "LACTATE", priority="stat")
    labels = [specimen_label(clinic.record, own, clinic.now) for own in done.specimens]
    assert [(label.container_number, label.container_count) for label in labels] == [(1, len(labels))] if len(labels) == 1 else True
    label = labels[-1]
    assert (label.patient_name.family, label.birth_date, label.record_number, label.sex) == ("Silva", "1980-02-03", "MRNana", "female")
    assert (label.priority, label.collected, label.barcode) == ("stat", None, label.accession)
    assert any("ICE" in one.handling for one in labels)
    clinic.write(arm("fl", "ana", "left-fistula"))
    band = wristband_label(clinic.record, "ana", clinic.now, "Riverbend")
    assert (band.barcode, band.alerts) == ("MRNana", ("LEFT-FISTULA",))


def test_paper_out_is_told_and_nothing_counts_as_printed(clinic: Clinic) -> None:
    with virtual_printer(is_paper_out=True) as (paper, address):
        done = asked(clinic, printer(clinic, address))
        job = do(clinic, done.job)
        assert (job.state, job.was_sent) == ("failed", False)
        assert [code for code, _ in job.reasons] == ["labels.printer.paper-out"]
        assert job.reasons[0][1] == {"printer": "Printer of room 4"}
        assert facts_of(clinic, done.work, "labels-printed") == 0
        paper.faults.is_paper_out = False
        again = ask_again(clinic.by("tara"), done.job, "lp1")
        assert do(clinic, again.job).state == "printed"
        assert len(paper.printed) == 2
        assert b"COPY" not in paper.printed[0]
    assert (facts_of(clinic, done.work, "labels-not-printed"), facts_of(clinic, done.work, "labels-printed")) == (1, 1)
    with pytest.raises(ActRefused) as refused:
        ask_again(clinic.by("tara"), again.job, "lp1")
    assert [one.code for one in refused.value.refusals] == ["labels.job-not-failed"]


def test_a_printer_that_cannot_confirm_needs_a_person_who_looks(clinic: Clinic) -> None:
    with virtual_printer(has_counter=False) as (_, address):
        done = asked(clinic, printer(clinic, address))
        job = do(clinic, done.job)
        assert (job.state, job.was_sent) == ("failed", True)
        assert [code for code, _ in job.reasons] == ["labels.printer.no-counter", "labels.printer.may-still-print"]
    confirm_job(clinic.by("tara"), done.job)
    job.refresh_from_db()
    assert (job.state, job.confirmed_by) == ("printed", "Practitioner/tara")


def test_a_worker_that_died_while_printing_never_sends_again(clinic: Clinic) -> None:
    with virtual_printer() as (paper, address):
        done = asked(clinic, printer(clinic, address))
        PrintJob.objects.update(state="printing")
        job = do(clinic, done.job)
        assert (job.state, [code for code, _ in job.reasons]) == ("failed", ["labels.printer.interrupted"])
        assert not paper.printed
    assert do(clinic, done.job).state == "failed"


def test_a_reprint_keeps_the_number_and_says_which_copy(clinic: Clinic) -> None:
    with virtual_printer() as (paper, address):
        done = asked(clinic, printer(clinic, address))
        again = ask_for_reprint(clinic.by("tara"), done.specimens[0], "lp1", "damaged")
        assert do(clinic, again.job).state == "printed"
        assert b"COPY 2" in paper.printed[0]
        assert b"26-0000001" in paper.printed[0]
        third = ask_for_reprint(clinic.by("tara"), done.specimens[0], "lp1", "other", "fell to the floor")
        assert do(clinic, third.job).state == "printed"
        assert b"COPY 3" in paper.printed[1]
    for reason, text in (("", ""), ("other", " "), ("because", "so")):
        with pytest.raises(ActRefused) as refused:
            ask_for_reprint(clinic.by("tara"), done.specimens[0], "lp1", reason, text)
        assert [one.code for one in refused.value.refusals] == ["reason.missing"]
    assert set(REPRINT_REASONS) == set(LABEL_REASONS)


def test_a_printer_without_address_prints_from_the_pdf(clinic: Clinic) -> None:
    done = asked(clinic, printer(clinic, None))
    job = do(clinic, done.job)
    assert (job.state, [code for code, _ in job.reasons]) == ("failed", ["labels.printer.by-hand"])
    assert pdf_of(job).startswith(b"%PDF")
    tubes = [
        ScannedTube(row[0], row[1], clinic.now, "T1", date(2027, 1, 31), Decimal(3))
        for row in clinic.rows("SELECT accession, tube FROM specimen_row ORDER BY accession")
    ]
    assert collect_specimens(clinic.by("tara"), done.work, tubes, Draw(side="left")).done


def test_a_wristband_is_printed(clinic: Clinic) -> None:
    with virtual_printer() as (paper, address):
        made = ask_for_wristband(clinic.by("fred"), "ana", printer(clinic, address))
        assert do(clinic, made.job).state == "printed"
        assert b"MRNana" in paper.printed[0]


def test_a_printer_that_is_set_up_wrongly_says_so(clinic: Clinic) -> None:
    own = printer(clinic, PrinterAddress("127.0.0.1", 9))
    made = load(clinic.record, r4.Device, own)
    made.extension = printer_extensions(dots_per_inch=150)
    clinic.write(made)
    job = do(clinic, asked(clinic, own).job)
    assert (job.state, [code for code, _ in job.reasons], job.was_sent) == ("failed", ["labels.printer.not-set-up"], False)


def test_a_virtual_printer_needs_no_hardware(clinic: Clinic) -> None:
    made = load(clinic.record, r4.Device, "printer")
    made.url = "virtual:desk"
    clinic.write(made)
    done = asked(clinic, "printer")
    assert DBTaskResult.objects.get().task.func is print_labels.func, "what the worker will run"
    assert do(clinic, done.job).state == "printed"


def test_a_job_that_breaks_off_is_told_and_never_left_hanging(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    done = asked(clinic, "printer")

    def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("benchside.wire.printing.work.drawings_of", broken)
    device = load(clinic.record, r4.Device, "printer")
    device.url = "socket://127.0.0.1:9"
    clinic.write(device)
    print_labels.func(done.job)
    job = PrintJob.objects.get()
    assert (job.state, [code for code, _ in job.reasons], job.was_sent) == ("failed", ["labels.printer.interrupted"], True)
