"""Co-signing, reviewing overrides, signing off: each once, signed, by the right person."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from benchside.areas.bedside.acts import record_vitals
from benchside.areas.bedside.vitals import Reading
from benchside.readiness.facts import PatientIdentification
from benchside.readiness.gathering.kept import COMPETENCE
from benchside.readiness.models import OverriddenAct
from benchside.readiness.performing import NamedSupervisor
from tests.acts.accounts import PASSWORD
from tests.acts.clinic import Clinic, held
from tests.screens.conftest import Seat

AtDesk = Callable[[str], Seat]
PULSE = [Reading("heart_rate", Decimal(72), "/min")]


def identified(clinic: Clinic) -> PatientIdentification:
    return PatientIdentification(clinic.now, "Patient/ana", frozenset({"name", "birth-date"}))


@pytest.fixture
def supervised(clinic: Clinic) -> str:
    """Vital signs that Juno took and Sena agreed to co-sign."""
    supervisor = NamedSupervisor("Practitioner/sena", present=False, will_cosign=True)
    record_vitals(clinic.by("juno", supervisor=supervisor), "ana", PULSE, identified(clinic))
    return str(clinic.rows("SELECT id FROM work_row WHERE kind = 'cosign'")[0][0])


@pytest.fixture
def overridden(clinic: Clinic) -> str:
    """Vital signs that Theo took in an emergency although his sign-off had lapsed."""
    clinic.write(held("theo", COMPETENCE, "vital_signs", end="2026-01-01"))
    emergency = {"signed": True, "override_reason": "nobody-else-available", "override_text": "alone on the ward at night"}
    record_vitals(clinic.by("theo", **emergency), "ana", PULSE, identified(clinic))
    return OverriddenAct.objects.get().task


def still_open(clinic: Clinic, task: str) -> bool:
    return clinic.rows("SELECT open FROM work_row WHERE id = ?", task) == [(1,)]


def test_a_cosignature_from_list_to_signed(clinic: Clinic, at_desk: AtDesk, supervised: str) -> None:
    sena = at_desk("sena")
    page = sena.text("/oversight")
    assert f"/oversight/cosign/{supervised}" in page
    assert "Juno Junior" in page
    assert "Ana Maria Silva" in page
    answer = sena.send(f"/oversight/cosign/{supervised}", {})
    assert answer.status_code == 422
    assert "signature.missing" in answer.content.decode()
    assert still_open(clinic, supervised)
    assert sena.send(f"/oversight/cosign/{supervised}", {"signature": PASSWORD, "note": "seen"})["Location"] == "/oversight"
    assert not still_open(clinic, supervised)
    page = sena.text("/oversight")
    assert "Co-signed." in page
    assert "Nothing waits for your co-signature" in page
    assert "signed already" in sena.text(f"/oversight/cosign/{supervised}")


def test_a_cosignature_is_only_of_who_agreed(clinic: Clinic, at_desk: AtDesk, supervised: str) -> None:
    lena = at_desk("lena")
    assert supervised not in lena.text("/oversight")
    answer = lena.send(f"/oversight/cosign/{supervised}", {"signature": PASSWORD})
    assert answer.status_code == 422
    assert "oversight.other-supervisor" in answer.content.decode()
    assert still_open(clinic, supervised)


def test_the_form_sent_twice_signs_once(clinic: Clinic, at_desk: AtDesk, supervised: str) -> None:
    sena = at_desk("sena")
    form = sena.form(f"/oversight/cosign/{supervised}")
    fields = {**form.fields, "signature": PASSWORD}
    assert [sena.post(form.action, fields).status_code for _ in range(2)] == [303, 303]
    assert clinic.versions("Task", supervised) == 2


def test_an_override_is_reviewed_by_a_lead_with_words(clinic: Clinic, at_desk: AtDesk, overridden: str) -> None:
    lena = at_desk("lena")
    assert f"/oversight/review/{overridden}" in lena.text("/oversight")
    page = lena.text(f"/oversight/review/{overridden}")
    for words in ("alone on the ward at night", "nobody else is available", "Theo Second", "Ana Maria Silva"):
        assert words in page
    address = f"/oversight/review/{overridden}"
    assert lena.send(address, {"signature": PASSWORD, "note": "was needed"}).status_code == 422
    assert lena.send(address, {"signature": PASSWORD, "justified": "yes", "note": "ok"}).status_code == 422
    assert lena.send(address, {"signature": PASSWORD, "justified": "no", "note": "a colleague was next door"}).status_code == 303
    row = OverriddenAct.objects.get()
    assert row.reviewed_by == "Practitioner/lena"
    assert "reviewed already" in lena.text(address)


def test_nobody_reviews_their_own_override(clinic: Clinic, at_desk: AtDesk, overridden: str) -> None:
    theo = at_desk("theo")
    assert overridden not in theo.text("/oversight")
    answer = theo.send(f"/oversight/review/{overridden}", {"signature": PASSWORD, "justified": "yes", "note": "was needed"})
    assert answer.status_code == 422
    assert "second-person.same" in answer.content.decode()
    assert still_open(clinic, overridden)


def test_a_sign_off_appears_at_once(clinic: Clinic, at_desk: AtDesk) -> None:
    clinic.write(held("juno", COMPETENCE, "ekg_acquisition", end="2026-01-01"))
    sena = at_desk("sena")
    answer = sena.send("/oversight/sign-off", {"signature": PASSWORD})
    assert answer.status_code == 422
    assert "Choose a colleague." in answer.content.decode()
    given = {"person": "Practitioner/juno", "competence": "ekg_acquisition", "days": "180", "signature": PASSWORD}
    answer = sena.send("/oversight/sign-off", given)
    assert answer.status_code == 303
    page = sena.text(answer["Location"])
    assert "Signed off: Juno Junior." in page
    assert "current" in at_desk("juno").text("/account")


def test_nobody_signs_off_what_they_may_not(at_desk: AtDesk) -> None:
    given = {"person": "Practitioner/juno", "competence": "venipuncture", "days": "365", "signature": PASSWORD}
    answer = at_desk("tara").send("/oversight/sign-off", given)
    assert answer.status_code == 422
    assert "role.not-permitted" in answer.content.decode()
    own = at_desk("sena").send("/oversight/sign-off", {**given, "person": "Practitioner/sena"})
    assert own.status_code == 422
    assert "second-person.self-subject" in own.content.decode()


def test_the_lead_sees_what_was_refused_without_names(at_desk: AtDesk, supervised: str) -> None:
    at_desk("lena").send(f"/oversight/cosign/{supervised}", {"signature": PASSWORD})
    page = at_desk("lena").text("/oversight")
    assert "Somebody else agreed to co-sign this." in page
    assert at_desk("fred").get("/oversight").status_code == 403


def test_no_such_task(at_desk: AtDesk) -> None:
    assert at_desk("sena").get("/oversight/cosign/none").status_code == 404
    assert at_desk("sena").get("/oversight/review/none").status_code == 404
