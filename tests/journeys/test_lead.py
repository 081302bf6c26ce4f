"""The lead at the board and at everybody's load, in a browser: what went wrong is found, work is given on, axe finds nothing."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from benchside.areas.laboratory.acts import claim_work, reject_specimen
from benchside.areas.laboratory.views.turnaround import sum_up_days
from tests.acts.clinic import DAY, MORNING, Clinic
from tests.journeys.conftest import Opener
from tests.stories.steps import collect, order, receive, to_result

WIDE: Any = {"width": 1280, "height": 800}


def worked_through(clinic: Clinic) -> None:
    """Yesterday a critical potassium and a rejected tube; this morning two orders, one of them claimed."""
    clinic.tell(at=MORNING - DAY)
    to_result(clinic, "POTASSIUM", [("POTASSIUM", "6.8")])
    placed = order(clinic, "BMP", patient="joe", priority="urgent")
    from tests.stories.steps import JOE

    collected = collect(clinic, placed.work[0], who=JOE)
    receive(clinic, collected)
    reject_specimen(clinic.by("theo"), collected.specimens[0], "CLOTTED", "clot on the stick")
    sum_up_days(clinic.record, MORNING)
    clinic.tell(at=MORNING)
    claim_work(clinic.by("tara"), order(clinic, "CBC", patient="bea", priority="stat").work[0])
    order(clinic, "TSH", patient="joe")


def test_the_lead_finds_what_is_late_and_gives_it_to_somebody(clinic: Clinic, sign_in: Opener, axe: Callable[[Page], None]) -> None:
    worked_through(clinic)
    page = sign_in("lena", "/board", size=WIDE)
    expect(page.get_by_role("heading", name="Board", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Overdue now")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_role("figure", name="Rejected tubes by cause")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Rejected tubes by cause: clotted 1"))).to_be_visible()
    page.get_by_text("Filter and compare").click()
    page.get_by_role("combobox", name="Priority").select_option(label="Urgent")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("term").filter(has_text=re.compile("^Orders$"))).to_be_visible()
    expect(page).to_have_url(re.compile("priority=2"))
    axe(page)
    page.get_by_role("link", name="Load").first.click()
    expect(page.get_by_role("link", name="Tara Tech")).to_be_visible()
    page.get_by_role("link", name=re.compile("Give to somebody: Collection, Joseph Smith")).first.click()
    page.get_by_role("button", name="Give").click()  # nobody chosen: the browser says so, nothing is sent
    page.get_by_role("combobox", name="Colleague").select_option(label="Theo Second")
    page.get_by_role("button", name="Give").click()
    expect(page.get_by_text("Given to them. They see it in their worklist.")).to_be_visible()
    page.get_by_role("link", name="Theo Second").click()
    expect(page.get_by_role("heading", name="Work of Theo Second")).to_be_visible()
    axe(page)


def test_board_and_load_stand_in_the_dark_upright_and_in_spanish(clinic: Clinic, sign_in: Opener, axe: Callable[[Page], None]) -> None:
    worked_through(clinic)
    for path in ("/board?period=30", "/load", "/board?period=30&print=1"):
        page = sign_in("lena", path, theme="dark", language="es")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path


def test_the_tables_are_downloaded(clinic: Clinic, sign_in: Opener) -> None:
    worked_through(clinic)
    page = sign_in("lena", "/board?period=7", size=WIDE)
    for name, ending in (("CSV", ".csv"), ("Excel", ".xlsx")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert download.value.suggested_filename.endswith(ending)
