"""A technician's round in the browser: from the worklist to labelled tubes, and what stops them on the way."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from benchside.areas.laboratory.acts import claim_work, identify_patient
from benchside.areas.laboratory.models import PrintJob
from benchside.areas.laboratory.printing import ask_for_labels, printer_extensions
from benchside.fhir import r4
from benchside.readiness.gathering.kept import COMPETENCE, load
from benchside.wire.labels import PrinterAddress, print_job
from benchside.wire.printing.work import work_on
from tests.acts.clinic import Clinic, arm, held, precaution
from tests.journeys.conftest import Opener, offline
from tests.pages.conftest import LANDSCAPE
from tests.screens.test_clarifying import arrive
from tests.stories.steps import ANA, BEA, order
from tests.wire.labels.running import QUICK, virtual_printer

pytestmark = pytest.mark.browser
Axe = Callable[[Page], None]


def scan(page: Page, text: str) -> None:
    """A scanner's burst: faster than any hand, ended by Enter, wherever the focus is."""
    page.evaluate(
        """text => { const keys = [...text, 'Enter'];
        keys.forEach(key => (document.activeElement || document.body).dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}))); }""",
        text,
    )


def printer_at(clinic: Clinic, address: PrinterAddress) -> None:
    device = load(clinic.record, r4.Device, "printer")
    device.url = f"socket://{address}"
    device.deviceName = [r4.DeviceDeviceName(name="Room 4", type="user-friendly-name")]
    device.extension = [*(device.extension or ()), *printer_extensions()]
    clinic.write(device)


def prints(clinic: Clinic) -> None:
    """What the worker does next."""
    for job in PrintJob.objects.filter(state="waiting"):
        work_on(job.pk, lambda: clinic.now, lambda address, zpl: print_job(address, zpl, QUICK))


def at_the_rack(clinic: Clinic, by: str = "tara") -> tuple[str, list[str]]:
    work = order(clinic, "BMP", "CBC").work[0]
    claim_work(clinic.by(by), work)
    identify_patient(clinic.by(by), work, ANA)
    ask_for_labels(clinic.by(by), work, "printer")
    PrintJob.objects.update(state="printed")
    return work, [row[0] for row in clinic.rows("SELECT accession FROM specimen_row ORDER BY accession")]


def dates(page: Page, labels: list[str]) -> None:
    for label in labels:
        page.fill(f'[name="expires-{label}"]', "2027-01-31")


def test_from_the_worklist_to_labelled_tubes(clinic: Clinic, sign_in: Opener, axe: Axe) -> None:
    clinic.write(r4.Location(id="r4", status="active", name="Room 4"), precaution("p1", "ana", "contact"), arm("a1", "ana", "left-fistula"))
    order(clinic, "BMP", "CBC", priority="stat", location="r4")
    with virtual_printer() as (paper, address):
        printer_at(clinic, address)
        page = sign_in("tara", "/worklist")
        axe(page)
        page.get_by_role("button", name="Claim").click()
        expect(page.get_by_text("Claimed. It is yours.")).to_be_visible()
        page.get_by_role("link", name="Go on").click()
        axe(page)
        expect(page.locator("main")).not_to_contain_text("1980")
        scan(page, "MRNana")
        page.get_by_label("Which birth date does the patient say?").fill("1980-02-03")
        page.get_by_role("button", name="Compare with the record").click()
        expect(page.get_by_role("heading", name="Collect", exact=True)).to_be_visible()
        axe(page)
        page.get_by_role("button", name="Print labels").click()
        expect(page.get_by_text("Waiting for the printer")).to_be_visible()
        prints(clinic)
        expect(page.get_by_text("the printer confirmed every label")).to_be_visible()
        assert len(paper.printed) == 2
        axe(page)
        labels = [row[0] for row in clinic.rows("SELECT accession FROM specimen_row ORDER BY accession")]
        for label in labels:
            scan(page, label)
        expect(page.get_by_text("2 of 2 scanned")).to_be_visible()
        scan(page, "]C10109501101530003172701311012AB")
        expect(page.locator(f'[name="expires-{labels[0]}"]')).to_have_value("2027-01-31")
        expect(page.get_by_text("2 of 2 scanned")).to_be_visible()
        dates(page, labels)
        page.locator('[name="side"][value="right"]').check()
        page.locator('[name="precautions"][value="contact"]').check()
        page.get_by_role("button", name="Done: leave the bedside").click()
        expect(page.get_by_text("Bring the tubes to the laboratory.")).to_be_visible()
        axe(page)
    assert clinic.rows("SELECT DISTINCT state FROM specimen_row") == [("collected",)]


def test_the_wrong_patient_stops_everything(clinic: Clinic, sign_in: Opener, axe: Axe) -> None:
    work = order(clinic, "CBC").work[0]
    order(clinic, "CBC", patient="bea")
    claim_work(clinic.by("tara"), work)
    page = sign_in("tara", f"/work/{work}/identify", theme="dark")
    scan(page, "MRNbea")
    page.get_by_label("Which birth date does the patient say?").fill("1975-11-30")
    page.get_by_role("button", name="Compare with the record").click()
    expect(page.get_by_role("heading", name="Stop. This is not the patient of this work, or the record is wrong.")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Tell the lead").click()
    expect(page.get_by_text("Your lead has been told.").first).to_be_visible()
    page.goto(page.url.replace("/identify", "/collect"))
    assert page.url.endswith("/identify"), "no way round"


def test_a_label_of_another_patient_stops(clinic: Clinic, sign_in: Opener, axe: Axe) -> None:
    work, labels = at_the_rack(clinic)
    other = order(clinic, "CBC", patient="bea").work[0]
    claim_work(clinic.by("theo"), other)
    identify_patient(clinic.by("theo"), other, BEA)
    ask_for_labels(clinic.by("theo"), other, "printer")
    page = sign_in("tara", f"/work/{work}/collect", theme="dark")
    scan(page, labels[0])
    expect(page.get_by_text("1 of 2 scanned")).to_be_visible()
    scan(page, "26-0000003")
    expect(page.get_by_role("heading", name="Stop. This label is not of this collection.")).to_be_visible()
    expect(page.get_by_text("1 of 2 scanned")).to_be_visible()
    axe(page)


def test_out_of_order_warns_at_the_scan(clinic: Clinic, sign_in: Opener) -> None:
    work, labels = at_the_rack(clinic)
    page = sign_in("tara", f"/work/{work}/collect")
    scan(page, labels[1])
    scan(page, labels[0])
    expect(page.get_by_text("Out of order: the green tube belongs before the lavender tube.")).to_be_visible()
    expect(page.locator("[data-rack-warning]")).to_contain_text("potassium up")


def test_the_network_goes_in_the_middle_and_nothing_is_lost(clinic: Clinic, sign_in: Opener) -> None:
    work, labels = at_the_rack(clinic)
    page = sign_in("tara", f"/work/{work}/collect")
    dates(page, labels)
    with offline(page):
        for label in labels:
            scan(page, label)
        expect(page.get_by_text("2 of 2 scanned")).to_be_visible()
        page.locator('[name="side"][value="left"]').check()
        page.get_by_role("button", name="Done: leave the bedside").click()
        expect(page.locator("[data-send-state]").first).to_contain_text("Not sent: no connection.")
    page.reload()  # the tablet's battery went, too
    expect(page.get_by_text("2 of 2 scanned")).to_be_visible()
    expect(page.get_by_text("Your unsent entries").first).to_be_visible()
    page.get_by_role("button", name="Done: leave the bedside").dblclick()
    expect(page.get_by_text("Bring the tubes to the laboratory.")).to_be_visible()
    assert clinic.rows("SELECT count(*) FROM work_row WHERE kind = 'receive'") == [(1,)], "pressed twice, done once"


def test_paper_out_is_told_on_the_page(clinic: Clinic, sign_in: Opener, axe: Axe) -> None:
    work = order(clinic, "CBC").work[0]
    claim_work(clinic.by("tara"), work)
    identify_patient(clinic.by("tara"), work, ANA)
    with virtual_printer(is_paper_out=True) as (paper, address):
        printer_at(clinic, address)
        page = sign_in("tara", f"/work/{work}/collect")
        page.get_by_role("button", name="Print labels").click()
        expect(page.get_by_text("Waiting for the printer")).to_be_visible()
        prints(clinic)
        expect(page.get_by_text("The printer Room 4 has no labels. Put in a new roll.")).to_be_visible()
        axe(page)
        paper.faults.is_paper_out = False
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_text("Waiting for the printer")).to_be_visible()
        prints(clinic)
        expect(page.get_by_text("the printer confirmed every label")).to_be_visible()
        assert len(paper.printed) == 1


def test_a_junior_alone_is_refused_and_with_a_senior_goes_on(clinic: Clinic, sign_in: Opener, axe: Axe) -> None:
    work, labels = at_the_rack(clinic, by="juno")
    page = sign_in("juno", f"/work/{work}/collect")
    dates(page, labels)
    for label in labels:
        scan(page, label)
    page.locator('[name="side"][value="left"]').check()
    page.get_by_role("button", name="Done: leave the bedside").click()
    expect(page.get_by_role("heading", name="This can't be done now, for 1 reason")).to_be_visible()
    axe(page)
    page.get_by_label("Who supervises you?").select_option("Practitioner/sena")
    page.get_by_role("button", name="Done: leave the bedside").click()
    expect(page.get_by_text("Bring the tubes to the laboratory.")).to_be_visible()


def test_a_lapsed_competence_is_told_with_what_to_do(clinic: Clinic, sign_in: Opener, axe: Axe) -> None:
    clinic.write(held("tara", COMPETENCE, "venipuncture", end="2026-05-03"))
    work, labels = at_the_rack(clinic)
    page = sign_in("tara", f"/work/{work}/collect", size=LANDSCAPE)
    dates(page, labels)
    for label in labels:
        scan(page, label)
    page.get_by_role("button", name="Done: leave the bedside").click()
    expect(page.get_by_text("venipuncture").first).to_be_visible()
    expect(page.get_by_text("Emergency override").first).to_be_visible()
    axe(page)


def test_the_list_changes_by_itself(clinic: Clinic, sign_in: Opener) -> None:
    page = sign_in("tara", "/worklist")
    expect(page.get_by_text("Nothing due here")).to_be_visible()
    order(clinic, "CBC", priority="stat")
    expect(page.get_by_role("button", name="Claim")).to_be_visible(timeout=12_000)


def test_vital_signs_are_judged_while_typed_and_charted(clinic: Clinic, sign_in: Opener, axe: Axe) -> None:
    work = order(clinic, "VITALS").work[0]
    claim_work(clinic.by("tara"), work)
    identify_patient(clinic.by("tara"), work, ANA)
    page = sign_in("tara", f"/patients/ana/vitals?task={work}")
    page.fill('[name="heart_rate"]', "112")
    expect(page.get_by_text("Above the usual values of this age.")).to_be_visible()
    page.fill('[name="spo2"]', "84")
    expect(page.get_by_text("Critical. Measure again")).to_be_visible()
    page.fill('[name="spo2"]', "96")
    expect(page.get_by_text("Critical. Measure again")).to_be_hidden()
    axe(page)
    page.get_by_role("button", name="Chart", exact=True).click()
    expect(page.get_by_text("Vital signs charted.").first).to_be_visible()
    assert clinic.rows("SELECT count(*) FROM result_row") == [(2,)]


SCREENS = ("worklist", "task", "identify", "collect", "rack", "unable", "reprint", "wristband", "vitals", "point-of-care", "scan")


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize(("theme", "language"), [("light", "es"), ("dark", "en")])
def test_every_screen_in_both_themes_and_languages(
    clinic: Clinic, sign_in: Opener, axe: Axe, screen: str, theme: str, language: str
) -> None:
    clinic.write(precaution("p1", "ana", "contact"), arm("a1", "ana", "left-fistula"))
    work, _ = at_the_rack(clinic) if screen in ("rack", "reprint") else (order(clinic, "CBC", "VITALS", "POCGLU").work[0], [])
    glucose = next((row[0] for row in clinic.rows("SELECT id FROM work_row WHERE kind = 'point-of-care'")), "")
    for own in filter(None, (work, glucose)):
        if screen not in ("worklist", "task", "rack", "reprint"):
            claim_work(clinic.by("tara"), own)
        if screen in ("collect", "vitals", "point-of-care"):
            identify_patient(clinic.by("tara"), own, ANA)
    tube = next((row[0] for row in clinic.rows("SELECT id FROM specimen_row")), "")
    address = {
        "worklist": "/worklist",
        "task": f"/work/{work}",
        "identify": f"/work/{work}/identify",
        "collect": f"/work/{work}/collect",
        "rack": f"/work/{work}/collect",
        "unable": f"/work/{work}/unable",
        "reprint": f"/specimens/{tube}/reprint",
        "wristband": "/patients/ana/wristband",
        "vitals": "/patients/ana/vitals",
        "point-of-care": f"/work/{glucose}/point-of-care",
        "scan": "/scan?code=NOBODY",
    }[screen]
    page = sign_in("tara", address, theme=theme, language=language)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing scrolls sideways"


@pytest.mark.parametrize(("theme", "language"), [("light", "es"), ("dark", "en")])
def test_an_order_to_clarify_is_found_on_the_list_and_understood(
    clinic: Clinic, sign_in: Opener, axe: Axe, theme: str, language: str
) -> None:
    arrive("potash")
    work = clinic.rows("SELECT id FROM work_row WHERE kind = 'order-not-understood'")[0][0]
    page = sign_in("tara", f"/work/{work}", theme=theme, language=language)
    axe(page)
    page.goto(f"{page.url}/clarify")
    page.get_by_role("combobox").press_sequentially("potas")
    page.get_by_role("option").first.click()
    axe(page)
    page.locator("#f-form button.button-primary").click()
    expect(page.locator("h1")).to_contain_text("Pota")
    assert clinic.rows("SELECT count(*) FROM work_row WHERE kind = 'collect' AND open = 1") == [(1,)]
