"""The desk: how a form becomes an act, and what stands before every screen."""

from collections.abc import Callable
from typing import Any

import pytest

from benchside.areas.laboratory.acts import OrderItem, place_order
from benchside.readiness.performing import Performance
from benchside.record.access_log import AccessQuery, search
from benchside.record.engine import Engine
from benchside.record.site import site_access_log
from tests.acts.accounts import PASSWORD
from tests.acts.clinic import Clinic, precaution
from tests.screens.conftest import Seat

AtDesk = Callable[[str], Seat]


@pytest.fixture(autouse=True)
def small_site(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.screens.desk_urls"


@pytest.fixture
def work(clinic: Clinic) -> str:
    """A collection that waits."""
    place_order(clinic.by("dana"), "ana", [OrderItem("BMP")], priority="stat")
    return str(clinic.rows("SELECT id FROM work_row WHERE kind = 'collect'")[0][0])


def owner(clinic: Clinic, work: str) -> str:
    return str(clinic.rows("SELECT owner FROM work_row WHERE id = ?", work)[0][0])


def test_nobody_signed_in_is_sent_to_the_sign_in_and_back(at_desk: AtDesk) -> None:
    answer = at_desk("").get("/worklist?place=a")
    assert answer.status_code == 303
    assert answer["Location"] == "/sign-in?next=%2Fworklist%3Fplace%3Da"


def test_a_part_of_a_page_gets_401_instead_of_a_page(at_desk: AtDesk) -> None:
    assert at_desk("").get("/worklist", HX_Request="true").status_code == 401


def test_roles_narrow_and_include_their_levels(at_desk: AtDesk) -> None:
    assert at_desk("sena").get("/worklist").status_code == 200
    assert at_desk("nora").get("/worklist").status_code == 403
    assert at_desk("sena").post("/worklist").status_code == 405


def test_a_form_becomes_an_act_once(clinic: Clinic, at_desk: AtDesk, work: str) -> None:
    seat = at_desk("tara")
    form = seat.form(f"/try/ana/{work}")
    first, second = seat.post(form.action, form.fields), seat.post(form.action, form.fields)
    assert (first.status_code, first["Location"], second.status_code) == (303, "/worklist", 303)
    assert first.cookies["benchside_done"].value == form.fields["idempotency_key"][0]
    assert owner(clinic, work) == "Practitioner/tara"
    assert clinic.versions("Task", work) == 2
    assert "Claimed." in seat.text("/worklist")
    assert "Claimed." not in seat.text("/worklist")


def test_the_second_comer_is_told(clinic: Clinic, at_desk: AtDesk, work: str) -> None:
    at_desk("theo").send(f"/try/ana/{work}", {})
    answer = at_desk("tara").send(f"/try/ana/{work}", {})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "work.claimed" in page
    assert owner(clinic, work) == "Practitioner/theo"


def test_a_form_of_another_patient_is_refused(clinic: Clinic, at_desk: AtDesk, work: str) -> None:
    seat = at_desk("tara")
    form = seat.form(f"/try/bea/{work}")
    answer = seat.post(f"/try/ana/{work}", form.fields)
    assert answer.status_code == 422
    assert "another patient" in answer.content.decode()
    assert owner(clinic, work) == ""


def test_a_wrong_signature_is_told_at_its_field(at_desk: AtDesk, work: str) -> None:
    answer = at_desk("tara").send(f"/try/ana/{work}", {"signature": "wrong"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="f-signature-error"' in page
    assert "wrong" not in page.split('id="f-signature"', 1)[1][:200]


def test_a_performance_carries_signature_supervisor_and_override(at_desk: AtDesk, work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Performance] = []
    monkeypatch.setattr("tests.screens.desk_urls.claim_work", lambda performance, _task: given.append(performance))
    fields = {
        "signature": PASSWORD,
        "supervisor": "Practitioner/sena",
        "supervision": "cosign",
        "override_reason": "disaster",
        "override_text": "flood in the house",
    }
    assert at_desk("juno").send(f"/try/ana/{work}", fields).status_code == 303
    (performance,) = given
    assert performance.signed_at == performance.at
    assert performance.supervisor is not None
    assert (performance.supervisor.reference, performance.supervisor.present, performance.supervisor.will_cosign) == (
        "Practitioner/sena",
        False,
        True,
    )
    assert (performance.override_reason, performance.override_text) == ("disaster", "flood in the house")


def test_no_such_work_is_not_found(at_desk: AtDesk) -> None:
    assert at_desk("tara").send("/try/ana/none", {}).status_code == 404
    assert at_desk("tara").get("/try/nobody/none").status_code == 404


def test_looking_at_a_patient_is_kept(clinic: Clinic, at_desk: AtDesk, work: str) -> None:
    clinic.write(precaution("flag", "ana", "contact"))
    page = at_desk("tara").text(f"/try/ana/{work}")
    assert "Ana Maria Silva" in page
    assert "contact precautions" in page.lower()
    assert "Allergies: not asked" in page
    site_access_log().take_over(Engine(), 0)
    reads, _total, _next = search(Engine(), AccessQuery(patient="ana", person="Practitioner/tara"))
    assert reads
    assert reads[0].origin == "page:worklist"


def test_the_navigation_follows_the_role_and_counts(at_desk: AtDesk, work: str) -> None:
    assert work
    page = at_desk("tara").text("/worklist")
    assert 'href="/worklist" aria-current="page"' in page
    assert "waiting, some critical" in page
    assert "/board" not in page


def test_whoever_may_not_read_patients_does_not(at_desk: AtDesk, work: str) -> None:
    assert at_desk("ada").get(f"/try/ana/{work}").status_code == 403


def test_supervisors_are_colleagues_whom_the_act_names(at_desk: AtDesk, work: str) -> None:
    page = at_desk("juno").text(f"/try/ana/{work}")
    assert 'value="Practitioner/sena"' in page
    assert 'value="Practitioner/juno"' not in page
