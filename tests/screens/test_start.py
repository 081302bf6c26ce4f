"""The start page: what waits for each role, and true words where nothing does."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from benchside.areas.laboratory.acts import OrderItem, claim_work, place_order
from benchside.readiness.models import OverriddenAct
from benchside.readiness.performing import count_refusal
from benchside.terms.refusal import Refusal
from tests.acts.clinic import MINUTE, Clinic
from tests.screens.conftest import Seat

AtDesk = Callable[[str], Seat]


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("juno", ("You have claimed nothing.", "Nothing is due.")),
        ("nora", ("No result waits for you.", "No order of yours is open.", "Find a patient")),
        ("lena", ("overdue", "overrides to review", "to co-sign")),
        ("ada", ("Tablets",)),
    ],
)
def test_an_empty_start_says_so(who: str, told: tuple[str, ...], at_desk: AtDesk) -> None:
    page = at_desk(who).text("/")
    assert [words for words in told if words not in page] == []


def test_a_technician_sees_what_is_due_stat_first(clinic: Clinic, at_desk: AtDesk) -> None:
    place_order(clinic.by("dana"), "bea", [OrderItem("CBC")])
    clinic.tell(minutes=1)
    place_order(clinic.by("dana"), "ana", [OrderItem("BMP")], priority="stat")
    page = at_desk("tara").text("/")
    assert page.index("Silva") < page.index("García")
    assert "Basic metabolic panel" in page
    assert "You have claimed nothing." in page
    claim_work(clinic.by("tara"), clinic.rows("SELECT id FROM work_row WHERE kind = 'collect' AND patient = 'ana'")[0][0])
    page = at_desk("tara").text("/")
    assert page.index('id="mine-title"') < page.index("Silva") < page.index('id="due-title"') < page.index("García")


def test_a_clinician_sees_own_open_orders(clinic: Clinic, at_desk: AtDesk) -> None:
    place_order(clinic.by("dana"), "bea", [OrderItem("CBC")])
    assert "García" in at_desk("dana").text("/")
    assert "García" not in at_desk("omar").text("/")


def test_a_lead_sees_what_went_wrong_today(clinic: Clinic, at_desk: AtDesk) -> None:
    place_order(clinic.by("dana"), "bea", [OrderItem("CBC")], priority="stat")
    clinic.tell(minutes=600)
    count_refusal(clinic.by("tara"), "collect_specimen", [Refusal("competence.lapsed"), Refusal("order.none")])
    OverriddenAct.objects.create(
        practitioner="Practitioner/tara", act="collect_specimen", reason="disaster", codes="order.none", at=clinic.now,
        review_due=clinic.now + timedelta(hours=24), task="t", commit=1,
    )  # fmt: skip
    page = " ".join(at_desk("lena").text("/").split())
    for words in ("overdue", "refused today", "overrides to review"):
        assert f"<strong>1</strong> <span>{words}</span>" in page, words
    clinic.tell(at=clinic.now + timedelta(days=1) + MINUTE)
    assert "<strong>0</strong> <span>refused today</span>" in " ".join(at_desk("lena").text("/").split())
