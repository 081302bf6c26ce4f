"""An order of another system that the catalogue does not know: on the worklist, read, and taken in or ended with a reason."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from tests.acts.clinic import Clinic
from tests.screens.conftest import Seat
from tests.wire.fhir_api.conftest import system_token

Desk = Callable[[str], Seat]


def arrive(words: str) -> None:
    """An EHR sends an order in words of its own."""
    order: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/ana"},
        "code": {"text": words},
        "note": [{"text": "as last time"}],
    }
    token = system_token("system.interface", name=words)
    made = Client().post("/fhir/ServiceRequest", order, content_type="application/fhir+json", headers={"authorization": f"Bearer {token}"})
    assert made.status_code == 201, made.content


def unclear(clinic: Clinic) -> str:
    (row,) = clinic.rows("SELECT id FROM work_row WHERE kind = 'order-not-understood' AND open = 1")
    return str(row[0])


def test_it_is_claimed_read_and_becomes_work(clinic: Clinic, at_desk: Desk) -> None:
    arrive("potash & co")
    work = unclear(clinic)
    seat = at_desk("tara")
    assert "potash &amp; co" in seat.text("/worklist")
    page = seat.text(f"/work/{work}/clarify")
    assert "potash &amp; co" in page
    assert "as last time" in page
    done = seat.send(f"/work/{work}/clarify", {"test": "POTASSIUM"})
    assert done.status_code == 303
    assert clinic.rows("SELECT kind FROM work_row WHERE open = 1 AND kind IN ('collect', 'order-not-understood')") == [("collect",)]
    assert "Potassium" in seat.text(done["Location"])


def test_without_a_choice_a_reason_is_needed(clinic: Clinic, at_desk: Desk) -> None:
    arrive("diet advice")
    work, seat = unclear(clinic), at_desk("tara")
    refused = seat.send(f"/work/{work}/clarify", {})
    assert refused.status_code == 422
    assert "reason" in refused.content.decode().lower()
    assert seat.send(f"/work/{work}/clarify", {"note": "For the dietician, who was told."}).status_code == 303
    assert clinic.rows("SELECT status FROM work_row WHERE id = ?", work) == [("completed",)]


def test_it_can_be_found_without_scripts(clinic: Clinic, at_desk: Desk) -> None:
    arrive("kalium")
    work, seat = unclear(clinic), at_desk("tara")
    drawn = seat.form(f"/work/{work}/clarify")
    found = seat.post(drawn.action, {**drawn.fields, "q": "potass", "find": "test"})
    assert found.status_code == 200
    assert 'value="POTASSIUM"' in found.content.decode()
