"""A shared tablet: locked, unlocked, handed from one person to the next, and nothing of the earlier person left."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings as site_settings

from benchside.accounts.badges import set_badge
from benchside.accounts.models import Person, Tablet
from benchside.accounts.pins import set_pin
from benchside.accounts.tablets import register_tablet
from tests.acts.accounts import PASSWORD
from tests.acts.clinic import Clinic
from tests.screens.conftest import Seat

AtDesk = Callable[[str], Seat]
PINS = {"tara": "602857", "theo": "381940"}
BADGES = {"tara": "BADGE-TARA", "theo": "BADGE-THEO"}


@pytest.fixture
def tablet(clinic: Clinic, at_desk: AtDesk) -> Seat:
    """A registered tablet at which nobody is signed in; Tara and Theo have PINs and badges."""
    for name, pin in PINS.items():
        set_pin(Person.objects.get(username=name), pin)
        set_badge(Person.objects.get(username=name), BADGES[name])
    made = register_tablet("Room 1", Person.objects.get(username="lena"), clinic.now)
    seat = at_desk("")
    seat.client.cookies[site_settings.BENCHSIDE_TABLET_COOKIE] = made.text
    return seat


def sign_in(seat: Seat, name: str) -> None:
    assert seat.post("/sign-in", {"username": name, "password": PASSWORD}).status_code == 303


def switch_to(seat: Seat, name: str, pin: str) -> int:
    key = Person.objects.get(username=name).pk
    return seat.post("/switch", {"person": str(key), "pin": pin}).status_code


def who(seat: Seat) -> str:
    """The username of the session, "" for nobody or a locked screen."""
    answer = seat.get("/account")
    if answer.status_code != 200:
        return ""
    return next(name for name in (*PINS, "lena") if Person.objects.get(username=name).name in answer.content.decode())


def test_locking_hides_everything_until_the_pin(tablet: Seat) -> None:
    sign_in(tablet, "tara")
    assert tablet.post("/lock").status_code == 303
    assert tablet.get("/account")["Location"] == "/unlock?next=%2Faccount"
    assert tablet.get("/account", HX_Request="true").status_code == 401
    assert tablet.post("/unlock", {"pin": "602858"}).status_code == 422
    assert who(tablet) == ""
    assert tablet.post("/unlock", {"pin": PINS["tara"], "next": "/account"})["Location"] == "/account"
    assert who(tablet) == "tara"


def test_the_page_s_own_lock_gets_a_status(tablet: Seat) -> None:
    sign_in(tablet, "tara")
    headers = {"X-Benchside-Lock": "1"}
    assert tablet.client.post("/lock", headers=headers).status_code == 204
    assert tablet.client.post("/unlock", {"pin": "111112"}, headers=headers).status_code == 422
    assert tablet.client.post("/unlock", {"pin": PASSWORD}, headers=headers).status_code == 204
    assert who(tablet) == "tara"


def test_unlocking_leads_only_to_this_site(tablet: Seat) -> None:
    sign_in(tablet, "tara")
    assert tablet.post("/unlock", {"pin": PINS["tara"], "next": "https://evil.example/"})["Location"] == "/"


def test_guessing_pins_is_braked_and_the_password_opens(tablet: Seat) -> None:
    sign_in(tablet, "tara")
    tablet.post("/lock")
    statuses = [tablet.post("/unlock", {"pin": f"90210{digit}"}).status_code for digit in range(6)]
    assert statuses == [422] * 5 + [429]
    assert tablet.post("/unlock", {"pin": PINS["tara"]}).status_code == 429
    assert tablet.post("/unlock", {"password": PASSWORD}).status_code == 303


def test_the_server_locks_by_itself(clinic: Clinic, tablet: Seat) -> None:
    sign_in(tablet, "tara")
    clinic.tell(minutes=14)
    assert who(tablet) == "tara"
    clinic.tell(minutes=16)
    assert tablet.get("/account")["Location"].startswith("/unlock")


def test_rows_that_refresh_themselves_keep_nobody_in(clinic: Clinic, tablet: Seat) -> None:
    sign_in(tablet, "tara")
    for _ in range(4):
        clinic.tell(minutes=4)
        last = tablet.get("/account", HX_Request="true")
    assert last.status_code == 401


def test_a_shift_is_over_however_busy_it_was(clinic: Clinic, tablet: Seat) -> None:
    sign_in(tablet, "tara")
    for _ in range(72):
        clinic.tell(minutes=10)
        answer = tablet.get("/account")
    assert answer["Location"].startswith("/sign-in")
    assert switch_to(tablet, "tara", PINS["tara"]) == 422


def test_switching_by_name_and_pin(tablet: Seat) -> None:
    sign_in(tablet, "tara")
    sign_in_theo_then_back = tablet.post("/sign-in", {"username": "theo", "password": PASSWORD})
    assert sign_in_theo_then_back.status_code == 303
    page = tablet.text("/switch")
    assert "Tara Tech" in page
    assert "Theo Second" in page
    assert switch_to(tablet, "tara", PINS["tara"]) == 303
    assert who(tablet) == "tara"


def test_switching_leaves_nothing_of_the_earlier_person(tablet: Seat) -> None:
    sign_in(tablet, "theo")
    sign_in(tablet, "tara")
    session = tablet.client.session
    session["workplace.told"] = {"notices": [["Claimed: Silva", "good", None, None]], "undo": None}
    session.save()
    before = (session.session_key, tablet.client.cookies["benchside-session"].value)
    answer = tablet.post("/switch", {"person": str(Person.objects.get(username="theo").pk), "pin": PINS["theo"]})
    assert answer["Clear-Site-Data"] == '"cache"'
    assert tablet.client.session.session_key != before[0]
    assert not tablet.client.session.exists(before[0])
    assert "Silva" not in tablet.text("/account")
    assert who(tablet) == "theo"


def test_opening_the_switch_locks_who_was_there(tablet: Seat) -> None:
    sign_in(tablet, "tara")
    tablet.get("/switch")
    assert who(tablet) == ""
    assert tablet.get("/sign-in").status_code == 200


def test_a_badge_alone_lets_nobody_in(tablet: Seat) -> None:
    sign_in(tablet, "theo")
    sign_in(tablet, "tara")
    answer = tablet.post("/switch", {"badge": BADGES["theo"]})
    assert answer["Location"] == f"/switch?person={Person.objects.get(username='theo').pk}"
    assert who(tablet) == ""
    assert switch_to(tablet, "theo", PINS["tara"]) == 422
    assert switch_to(tablet, "theo", "") == 422
    assert who(tablet) == ""
    assert tablet.post("/switch", {"badge": "BADGE-NOBODY"}).status_code == 422


def test_no_pin_without_a_password_this_shift_and_on_this_tablet(tablet: Seat, at_desk: AtDesk) -> None:
    assert switch_to(tablet, "tara", PINS["tara"]) == 422
    assert tablet.post("/switch", {"badge": BADGES["tara"]}).status_code == 422
    elsewhere = at_desk("")
    assert elsewhere.get("/switch")["Location"] == "/sign-in"
    sign_in(tablet, "tara")
    assert elsewhere.post("/switch", {"person": "1", "pin": PINS["tara"]})["Location"] == "/sign-in"
    assert who(elsewhere) == ""


def test_signing_out_ends_the_shift(tablet: Seat) -> None:
    sign_in(tablet, "tara")
    answer = tablet.post("/sign-out")
    assert answer["Clear-Site-Data"] == '"cache"'
    assert switch_to(tablet, "tara", PINS["tara"]) == 422


def test_who_was_disabled_cannot_switch_in(tablet: Seat) -> None:
    sign_in(tablet, "tara")
    Person.objects.filter(username="tara").update(is_active=False)
    assert switch_to(tablet, "tara", PINS["tara"]) == 422


def test_a_pin_of_one_s_own(at_desk: AtDesk) -> None:
    seat = at_desk("nora")
    good = {"password": PASSWORD, "pin": "740216", "again": "740216"}
    for wrong, told in (
        ({"password": "no"}, "pin-password-error"),
        ({"again": "740217"}, "pin-again-error"),
        ({"pin": "123456", "again": "123456"}, "pin-pin-error"),
    ):
        answer = seat.send("/account", {**good, **wrong}, "pin-form")
        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert "740216" not in answer.content.decode()
    assert seat.send("/account", good, "pin-form").status_code == 303
    assert "Your PIN is set." in seat.text("/account")
    seat.post("/lock")
    assert seat.post("/unlock", {"pin": "740216"}).status_code == 303


def test_the_account_says_what_one_holds_and_until_when(clinic: Clinic, at_desk: AtDesk) -> None:
    page = at_desk("tara").text("/account")
    assert "Venipuncture" in page
    assert "31 Dec 2027" in page
    clinic.tell(at=clinic.now + timedelta(days=570))
    page = at_desk("tara").text("/account")
    assert "ends soon" in page
    clinic.tell(at=clinic.now + timedelta(days=100))
    assert "lapsed" in at_desk("tara").text("/account")


def test_only_leads_and_administrators_register_tablets(at_desk: AtDesk) -> None:
    assert at_desk("tara").get("/account/tablet").status_code == 403
    lead = at_desk("lena")
    answer = lead.send("/account/tablet", {"name": "Room 9"}, "tablet-form")
    assert answer.status_code == 303
    cookie = answer.cookies[site_settings.BENCHSIDE_TABLET_COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert lead.send("/account/tablet", {"name": "Room 9"}, "tablet-form").status_code == 422
    assert "Registered as Room 9" in lead.text("/account/tablet")
    assert lead.post("/account/tablet", {"retire": str(Tablet.objects.get().pk)}).status_code == 303
    assert "Not registered" in lead.text("/account/tablet")


def test_an_act_names_the_tablet(tablet: Seat) -> None:
    from django.test import RequestFactory

    from benchside.workplace.screens import desk_of

    request = RequestFactory().get("/")
    request.COOKIES = {name: morsel.value for name, morsel in tablet.client.cookies.items()}
    assert desk_of(request, Person.objects.get(username="tara")).device == "Room 1"
