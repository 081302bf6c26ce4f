"""Who may do what, one act with its source, and "why can't I?"."""

import re
from collections.abc import Callable

from benchside.readiness.gathering.kept import COMPETENCE
from benchside.readiness.matrix import matrix
from benchside.readiness.models import SiteRules
from benchside.readiness.requirements import package_requirements
from tests.acts.clinic import Clinic, held, precaution
from tests.screens.conftest import Seat

AtDesk = Callable[[str], Seat]


def test_the_matrix_holds_every_act_that_people_do(at_desk: AtDesk) -> None:
    page = at_desk("fred").text("/readiness/matrix?systems=yes")
    for row in matrix(package_requirements()).rows:
        assert f'href="/readiness/acts/{row.act}"' in page
    assert page.count("<tr>") == len(package_requirements().acts) + 1


def test_the_matrix_narrows(at_desk: AtDesk) -> None:
    seat = at_desk("tara")
    page = seat.text("/readiness/matrix?role=front_desk")
    assert "/readiness/acts/register_patient" in page
    assert "/readiness/acts/verify_result" not in page
    page = seat.text("/readiness/matrix?kind=collect")
    assert "/readiness/acts/collect_specimen" in page
    assert "/readiness/acts/register_patient" not in page
    assert "/readiness/acts/collect_specimen" in seat.text("/readiness/matrix?q=COLLECT")
    assert "No act fits" in seat.text("/readiness/matrix?q=xyzzy")
    assert seat.get("/readiness/matrix?role=king&kind=war").status_code == 200


def test_an_act_tells_its_conditions_and_its_source(at_desk: AtDesk) -> None:
    page = at_desk("tara").text("/readiness/acts/collect_specimen")
    act = package_requirements().acts["collect_specimen"]
    assert act.source in page or act.source.replace("'", "&#39;") in page
    assert "emergency" in page
    assert at_desk("tara").get("/readiness/acts/fly").status_code == 404


def test_an_act_the_site_changed_shows_the_product_s_beside_it(clinic: Clinic, at_desk: AtDesk) -> None:
    SiteRules.objects.create(
        rules={"record_vitals": {"roles": {"junior_technician": "none"}}}, author="Practitioner/lena", reason="x", at=clinic.now
    )
    assert "changed here" in at_desk("tara").text("/readiness/matrix")
    assert "Changed by this site" in at_desk("tara").text("/readiness/acts/record_vitals")
    assert "Changed by this site" not in at_desk("tara").text("/readiness/acts/order")


def test_why_tells_every_reason_and_who_could(clinic: Clinic, at_desk: AtDesk) -> None:
    clinic.write(held("tara", COMPETENCE, "point_of_care_testing", end="2026-05-01"))
    page = at_desk("tara").text("/readiness/why?act=perform_point_of_care_test")
    assert "competence.lapsed" in page
    assert "Theo Second" in page
    assert "Fred Front" not in page
    page = at_desk("tara").text("/readiness/why?act=decide_treatment")
    assert "role.not-permitted" in page
    assert "Dana Doctor" in page


def test_why_says_when_nothing_stands_against_one(at_desk: AtDesk) -> None:
    page = at_desk("tara").text("/readiness/why?act=record_vitals")
    assert "Nothing stands against you" in page
    assert "What it asks each time" in page


def test_why_asks_the_patient_s_precautions(clinic: Clinic, at_desk: AtDesk) -> None:
    clinic.write(precaution("flag", "bea", "airborne"))
    page = at_desk("tara").text("/readiness/why?act=collect_specimen&patient=bea")
    assert "Beatriz García" in page
    assert "precautions.not-acknowledged" in page
    assert at_desk("tara").get("/readiness/why?act=collect_specimen&patient=nobody").status_code == 404


def test_why_always_has_an_answer(at_desk: AtDesk) -> None:
    for who in ("juno", "ada"):
        seat = at_desk(who)
        for act in package_requirements().acts:
            page = seat.text(f"/readiness/why?act={act}")
            assert "do this now" in page or "Nothing stands against" in page, (who, act)


def test_why_without_an_act_or_with_an_odd_one(at_desk: AtDesk) -> None:
    assert "Choose what you want to do" in at_desk("tara").text("/readiness/why")
    assert "There is no act of that name" in at_desk("tara").text("/readiness/why?act=fly")


def test_a_lead_may_ask_for_a_colleague_and_others_not(clinic: Clinic, at_desk: AtDesk) -> None:
    clinic.write(held("theo", COMPETENCE, "vital_signs", end="2026-01-01"))
    page = at_desk("lena").text("/readiness/why?act=record_vitals&person=Practitioner/theo")
    title = re.search(r'<h2 id="refusal-title">(.*?)</h2>', page, re.DOTALL)
    assert title
    assert "Theo Second" in title[1]
    page = at_desk("juno").text("/readiness/why?act=record_vitals&person=Practitioner/theo")
    assert "Theo Second can" not in page


def test_spanish(at_desk: AtDesk) -> None:
    seat = at_desk("tara")
    seat.client.cookies["benchside_language"] = "es"
    assert "tomar una muestra" in seat.text("/readiness/matrix")
    assert "¿Por qué no puedo?" in seat.text("/readiness/why?act=decide_treatment")
