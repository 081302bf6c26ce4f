"""Every page of the laboratory is drawn, for whom it is, in both languages, in every state it can show."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from benchside.areas.laboratory.acts import ControlValue, NewLot, record_control_result, register_lot, reject_specimen, verify_result
from benchside.readiness.gathering.lots import ControlTarget
from tests.acts.clinic import Clinic
from tests.screens.conftest import Seat
from tests.stories.steps import collect, order, receive, result

AtDesk = Callable[[str], Seat]
BMP = [("SODIUM", "140"), ("POTASSIUM", "7.1"), ("CHLORIDE", "104"), ("CO2", "25"), ("BUN", "14"), ("CREATININE", "0.90"), ("GLUCOSE", "101"), ("CALCIUM", "9.4")]  # fmt: skip


@pytest.fixture
def day(clinic: Clinic) -> dict[str, str]:
    """A day in the laboratory: an order at the bench, one to verify, one released with an open call, a rejected tube, controls."""
    found: dict[str, str] = {}
    placed = order(clinic, "BMP", priority="stat")
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    entered = result(clinic, placed.orders[0], collected.specimens[0], BMP)
    verified = verify_result(clinic.by("theo"), entered.report)
    found |= {"released": verified.report, "call": verified.calls[0], "observation": verified.lines[1].observation}
    placed = order(clinic, "POTASSIUM", confirmed=["POTASSIUM"])
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    found["waiting"] = result(clinic, placed.orders[0], collected.specimens[0], [("POTASSIUM", "4.0")]).report
    placed = order(clinic, "CBC")
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    found |= {"order": placed.orders[0], "specimen": collected.specimens[0]}
    placed = order(clinic, "TSH")
    collected = collect(clinic, placed.work[0])
    receive(clinic, collected)
    reject_specimen(clinic.by("theo"), collected.specimens[0], "CLOTTED", "clot on the stick")
    found["rejected"] = collected.specimens[0]
    targets = (ControlTarget("POTASSIUM", Decimal("4.0"), Decimal("0.1")),)
    lot = register_lot(clinic.by("tara"), NewLot("control", "C1", date(2026, 12, 31), level="1", targets=targets)).lot
    run = record_control_result(clinic.by("tara"), "analyzer", [ControlValue(lot, "POTASSIUM", "4.4")])
    found |= {"lot": lot, "point": run.observations[0]}
    return found


PAGES = (
    ("tara", "/receive"),
    ("juno", "/receive"),
    ("tara", "/receive?last={specimen}&fault=QNS&fault=NO_SUCH"),
    ("tara", "/centrifuge"),
    ("tara", "/specimens/{specimen}"),
    ("dana", "/specimens/{rejected}"),
    ("tara", "/specimens/{specimen}/reject?reason=CLOTTED"),
    ("tara", "/specimens/{specimen}/aliquot"),
    ("tara", "/bench"),
    ("tara", "/bench?section=hematology&test=CBC"),
    ("juno", "/orders/{order}/result"),
    ("theo", "/verify"),
    ("theo", "/verify/{waiting}"),
    ("tara", "/verify/{waiting}"),
    ("theo", "/verify/{released}"),
    ("dana", "/reports/{released}"),
    ("sena", "/reports/{released}"),
    ("sena", "/reports/{waiting}"),
    ("dana", "/reports/{released}/print"),
    ("tara", "/results/{observation}/amend"),
    ("sena", "/results/{observation}/cancel"),
    ("theo", "/calls"),
    ("nora", "/calls"),
    ("theo", "/calls/{call}"),
    ("tara", "/quality"),
    ("sena", "/quality/analyzer?test=POTASSIUM"),
    ("tara", "/quality/meter"),
    ("sena", "/quality/analyzer/points/{point}"),
    ("tara", "/quality/lots"),
    ("tara", "/quality/lots/{lot}/withdraw"),
    ("lena", "/quality/autoverification"),
    ("lena", "/quality/autoverification/POTASSIUM"),
)


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_is_drawn(clinic: Clinic, at_desk: AtDesk, day: dict[str, str], language: str) -> None:
    del clinic
    for who, page in PAGES:
        seat = at_desk(who)
        seat.client.cookies["benchside_language"] = language
        text = seat.text(page.format(**day))
        assert "<h1" in text, page
        assert "None" not in text.replace("None known", ""), page


def test_pages_are_closed_to_those_they_are_not_for(at_desk: AtDesk, day: dict[str, str]) -> None:
    assert at_desk("fred").get("/calls").status_code == 403
    assert at_desk("dana").get("/bench").status_code == 403
    assert at_desk("tara").get(f"/quality/analyzer/points/{day['point']}").status_code == 403
    assert at_desk("sena").get("/quality/autoverification/POTASSIUM").status_code == 403
    for page in ("/specimens/none", "/orders/none/result", "/verify/none", "/reports/none", "/calls/none", "/quality/none"):
        assert at_desk("lena").get(page).status_code == 404, page
