"""The site's own rules: seen beside the product's, checked, previewed, put into force, remembered."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from benchside.areas.staff.screens.site_rules import RulesUnreadable, read_rules, rules_text
from benchside.readiness.models import SiteRules
from benchside.readiness.performing import site_requirements
from tests.acts.accounts import PASSWORD
from tests.acts.clinic import Clinic
from tests.screens.conftest import Seat
from tests.screens.drawn import forms_of

AtDesk = Callable[[str], Seat]
STRICTER = "record_vitals:\n  roles:\n    junior_technician: none\n"
ADDRESS = "/readiness/rules"


def test_rules_go_from_check_over_preview_into_force(clinic: Clinic, at_desk: AtDesk) -> None:
    lena = at_desk("lena")
    assert "no rules of its own" in lena.text(ADDRESS)
    checked = lena.send(ADDRESS, {"rules": STRICTER}, "rules-form")
    page = checked.content.decode()
    assert checked.status_code == 200
    assert "stricter" in page
    assert not SiteRules.objects.exists()
    form = next(form for form in forms_of(page) if form.fields.get("step") == ["set"])
    wrong = lena.post(form.action, {**form.fields, "reason": "juniors observe first", "signature": "no"})
    assert wrong.status_code == 422
    assert not SiteRules.objects.exists()
    done = lena.post(form.action, {**form.fields, "reason": "juniors observe first", "signature": PASSWORD})
    assert done.status_code == 303
    assert "junior_technician" not in site_requirements(clinic.record).acts["record_vitals"].roles
    page = lena.text(ADDRESS)
    assert "The rules are in force." in page
    assert "juniors observe first" in page
    assert "Lena Lead" in page
    assert "role.not-permitted" in at_desk("juno").text("/readiness/why?act=record_vitals")


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("fly:\n  roles: {nurse: alone}\n", "there is no such act"),
        ("order:\n  roles: {technician: alone}\n", "may not loosen roles"),
        ("order:\n  kind: treat\n  wings: 2\n", "cannot be changed by a site"),
        ("a: [1\n", "no YAML"),
        ("- a\n- b\n", "Write the name of an act"),
        ("a: &x {b: 1}\nc: *x\n", "without anchors"),
        ("a: {b: !!python/object/apply:os.system ['true']}\n", "no YAML"),
        ("a: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("a: {b: 2026-01-01}\n", ""),
    ],
)
def test_rules_that_do_not_fit_are_refused_with_every_fault(rules: str, told: str, at_desk: AtDesk) -> None:
    answer = at_desk("lena").send(ADDRESS, {"rules": rules}, "rules-form")
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not SiteRules.objects.exists()


def test_every_fault_is_told_at_once(at_desk: AtDesk) -> None:
    rules = "order:\n  kind: treat\n  wings: 2\nfly: {roles: {}}\n"
    page = at_desk("lena").send(ADDRESS, {"rules": rules}, "rules-form").content.decode()
    assert "order: kind" in page
    assert "wings" in page
    assert "fly: there is no such act" in page


def test_a_file_may_be_loaded(at_desk: AtDesk) -> None:
    lena = at_desk("lena")
    form = lena.form(ADDRESS, "rules-form")
    file = SimpleUploadedFile("rules.yaml", STRICTER.encode())
    answer = lena.post(form.action, {**form.fields, "file": file})
    assert answer.status_code == 200
    assert "stricter" in answer.content.decode()


def test_two_who_change_at_once_are_told_apart(clinic: Clinic, at_desk: AtDesk) -> None:
    lena = at_desk("lena")
    page = lena.send(ADDRESS, {"rules": STRICTER}, "rules-form").content.decode()
    form = next(form for form in forms_of(page) if form.fields.get("step") == ["set"])
    SiteRules.objects.create(rules={}, author="Practitioner/dana", reason="cleared", at=clinic.now)
    answer = lena.post(form.action, {**form.fields, "reason": "juniors observe first", "signature": PASSWORD})
    assert answer.status_code == 409
    assert SiteRules.objects.count() == 1


def test_setting_rules_is_a_commit_of_its_own(clinic: Clinic, at_desk: AtDesk) -> None:
    before = clinic.rows("SELECT number FROM record_head")[0][0]
    lena = at_desk("lena")
    page = lena.send(ADDRESS, {"rules": STRICTER}, "rules-form").content.decode()
    form = next(form for form in forms_of(page) if form.fields.get("step") == ["set"])
    lena.post(form.action, {**form.fields, "reason": "juniors observe first", "signature": PASSWORD})
    assert clinic.rows("SELECT number FROM record_head")[0][0] == before + 1


def test_only_leads_and_administrators(at_desk: AtDesk) -> None:
    assert at_desk("sena").get(ADDRESS).status_code == 403
    assert at_desk("ada").get(ADDRESS).status_code == 200


def test_text_and_rules_are_the_same_both_ways() -> None:
    rules = {"record_vitals": {"roles": {"junior_technician": "none"}, "identification": {"identifiers_min": 3, "valid_min": 10}}}
    assert read_rules(rules_text(rules)) == rules
    assert read_rules("") == {}
    with pytest.raises(RulesUnreadable):
        read_rules("x" * 100_001)
