"""PIN, badge, tablet and shift: who may come in where, and until when."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from benchside.accounts.badges import BadgeUnfit, new_badge_code, person_of_badge, set_badge, take_badge
from benchside.accounts.models import Person, Shift, Tablet
from benchside.accounts.pins import PinUnfit, pin_fits, set_pin
from benchside.accounts.proof import PIN_FAILURES_MAX, proves, proves_by_pin
from benchside.accounts.sign_in import WINDOW, Throttled
from benchside.accounts.tablets import (
    SHIFT,
    begin_shift,
    end_shift,
    forget_ended_shifts,
    people_on,
    register_tablet,
    retire_tablet,
    shift_of,
    tablet_of,
)

AT = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
PASSWORD = "heron-slate-meadow-plum"

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def maria(database: str) -> Person:
    assert database
    return Person.objects.add("maria", "Maria Ortiz", roles=["technician"], password=PASSWORD)


@pytest.fixture
def tom(database: str) -> Person:
    assert database
    return Person.objects.add("tom", "Tom Adeyemi", roles=["technician"], password="another-long-word-row")


@pytest.fixture
def tablet(maria: Person) -> Tablet:
    return register_tablet("Room 1", maria, AT).tablet


@pytest.mark.parametrize(
    "pin",
    ["", "12345", "1234567", "12345a", "\uff11\uff12\uff13\uff14\uff15\uff16", "123456", "654321", "111111", "121212", "147147", "024680"],
)
def test_a_pin_is_six_digits_that_are_not_tried_first(maria: Person, pin: str) -> None:
    with pytest.raises(PinUnfit):
        set_pin(maria, pin)
    maria.refresh_from_db()
    assert not pin_fits(maria, pin)


def test_a_pin_is_kept_as_a_hash_of_its_own(maria: Person, tom: Person) -> None:
    set_pin(maria, "602857")
    set_pin(tom, "602857")
    maria.refresh_from_db()
    assert pin_fits(maria, "602857")
    assert not pin_fits(maria, "602858")
    assert "602857" not in maria.pin
    assert maria.pin != tom.pin
    maria.pin = tom.pin  # whoever copies a hash over gets nothing: it is keyed with the person
    assert not pin_fits(maria, "602857")


def test_nobody_without_a_pin_and_nobody_disabled_has_one_that_fits(maria: Person) -> None:
    assert not pin_fits(maria, "")
    set_pin(maria, "602857")
    maria.is_active = False
    assert not pin_fits(maria, "602857")


def test_pins_are_braked_soon_and_passwords_still_work(maria: Person) -> None:
    set_pin(maria, "602857")
    for _ in range(PIN_FAILURES_MAX):
        assert not proves_by_pin(maria, "000001", None, at=AT)
    with pytest.raises(Throttled):
        proves(maria, "602857", None, at=AT)
    assert proves(maria, PASSWORD, None, at=AT)
    assert proves(maria, "602857", None, at=AT + WINDOW)


def test_a_badge_names_one_person_and_is_kept_unreadable(maria: Person, tom: Person) -> None:
    set_badge(maria, "0004711")
    assert person_of_badge(" 0004711 ") == maria
    assert person_of_badge("0004712") is None
    assert "4711" not in (Person.objects.get(pk=maria.pk).badge or "")
    with pytest.raises(BadgeUnfit):
        set_badge(tom, "0004711")
    take_badge(maria)
    assert person_of_badge("0004711") is None
    set_badge(tom, "0004711")
    Person.objects.filter(pk=tom.pk).update(is_active=False)
    assert person_of_badge("0004711") is None


@pytest.mark.parametrize("code", ["", "12345", "with blank", "x" * 101, "ñandú-7"])
def test_what_cannot_be_a_badge(maria: Person, code: str) -> None:
    with pytest.raises(BadgeUnfit):
        set_badge(maria, code)


def test_made_badge_codes_differ() -> None:
    assert len({new_badge_code() for _ in range(50)}) == 50


def test_a_tablet_is_known_by_its_cookie_alone(maria: Person) -> None:
    made = register_tablet("Room 1", maria, AT)
    assert tablet_of(made.text) == made.tablet
    assert made.text not in Tablet.objects.values_list("digest", flat=True)
    assert tablet_of(None) is None
    assert tablet_of("x" * 500) is None
    retire_tablet(made.tablet)
    assert tablet_of(made.text) is None
    with pytest.raises(ValidationError):
        register_tablet("", maria, AT)


def test_two_tablets_have_two_names(maria: Person, tablet: Tablet) -> None:
    with pytest.raises(ValidationError):
        register_tablet(tablet.name, maria, AT)


def test_a_shift_holds_until_it_ends(maria: Person, tom: Person, tablet: Tablet) -> None:
    begin_shift(maria, tablet, AT)
    begin_shift(tom, tablet, AT + timedelta(minutes=1))
    assert people_on(tablet, AT + timedelta(hours=1)) == [tom, maria]
    assert shift_of(maria, tablet, AT + SHIFT) is None
    end_shift(tom, tablet)
    assert people_on(tablet, AT + timedelta(hours=1)) == [maria]
    assert forget_ended_shifts(AT + SHIFT) == 1
    assert not Shift.objects.exists()


def test_a_shift_is_of_one_tablet(maria: Person, tablet: Tablet) -> None:
    other = register_tablet("Room 2", maria, AT).tablet
    begin_shift(maria, tablet, AT)
    assert shift_of(maria, other, AT) is None


def test_a_new_password_and_being_disabled_end_the_shift(maria: Person, tom: Person, tablet: Tablet) -> None:
    begin_shift(maria, tablet, AT)
    begin_shift(tom, tablet, AT)
    maria.set_password("a-wholly-other-password")
    maria.save()
    Person.objects.filter(pk=tom.pk).update(is_active=False)
    assert people_on(tablet, AT) == []
    assert shift_of(maria, tablet, AT) is None
    assert shift_of(tom, tablet, AT) is None
