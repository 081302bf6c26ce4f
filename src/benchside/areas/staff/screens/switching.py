"""One person after another at a shared tablet: a badge or a name says who, the PIN proves it.

Only on a registered tablet, and only for people who signed in there with their password this shift. Opening the page locks the
session before it; coming in replaces that session wholly.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from benchside.accounts import sessions
from benchside.accounts.badges import person_of_badge
from benchside.accounts.models import Person, Tablet
from benchside.accounts.network import client_address
from benchside.accounts.proof import proves_by_pin
from benchside.accounts.sign_in import Throttled
from benchside.accounts.tablets import people_on, shift_of
from benchside.areas.staff.screens.entrance import clock_time, entrance_page, gone_to, this_tablet
from benchside.pages.request import new_form
from benchside.pages.shapes import Person as Shown
from benchside.workplace import clock
from benchside.workplace.roles import role_words


@sensitive_post_parameters("pin", "badge")
@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """Show who is on shift here (`?person=`: their PIN pad); take a badge or a PIN. Elsewhere: 303 to the sign-in by password."""
    if isinstance(request.user, Person):
        sessions.lock(request)
    tablet = this_tablet(request)
    if tablet is None:
        return gone_to("/sign-in")
    if request.method != "POST":
        person = _on_shift(request.GET.get("person", ""), tablet)
        return _people(request, tablet) if person is None else _pin(request, person)
    if "badge" in request.POST:
        return _badge(request, tablet)
    person = _on_shift(request.POST.get("person", ""), tablet)
    return _expired(request, tablet) if person is None else _come_in(request, tablet, person)


def _badge(request: HttpRequest, tablet: Tablet) -> HttpResponse:
    """Take a scanned badge: to the person's PIN pad, or words. A badge lets nobody in."""
    person = person_of_badge(request.POST["badge"])
    if person is None:
        return _people(request, tablet, status=422, problem=_("Nobody has this badge. Choose your name, or sign in with your password."))
    if shift_of(person, tablet, clock.now()) is None:
        return _expired(request, tablet)
    return gone_to(f"/switch?person={person.pk}")


def _come_in(request: HttpRequest, tablet: Tablet, person: Person) -> HttpResponse:
    at = clock.now()
    shift = shift_of(person, tablet, at)
    if shift is None:
        return _expired(request, tablet)
    try:
        right = proves_by_pin(person, request.POST.get("pin", ""), client_address(request), at=at)
    except Throttled as brake:
        words = _("Too many wrong PINs. Sign in with your password, or try again after %(time)s.") % {"time": clock_time(brake)}
        return _pin(request, person, status=429, problem=words)
    if not right:
        return _pin(request, person, status=422, problem=_("That PIN is not right. Try again."))
    sessions.begin(request, person, at=at, ends=shift.ends)
    return gone_to("/", emptied=True)


def _on_shift(key: str, tablet: Tablet) -> Person | None:
    """Return the person with this key who is on shift here, or None."""
    person = Person.objects.filter(pk=int(key), is_active=True).first() if key.isascii() and key.isdigit() and len(key) < 19 else None
    return person if person is not None and shift_of(person, tablet, clock.now()) is not None else None


def _expired(request: HttpRequest, tablet: Tablet) -> HttpResponse:
    return _people(
        request, tablet, status=422, problem=_("Sign in here with your password once this shift. After that your PIN is enough.")
    )


def _people(request: HttpRequest, tablet: Tablet, *, status: int = 200, problem: str = "") -> HttpResponse:
    people = [(person.pk, _shown(person)) for person in people_on(tablet, clock.now())]
    values = {
        "page": entrance_page(request, _("Who are you?")),
        "badge_form": new_form("badge", "/switch", prefix="badge"),
        "people": people,
        "tablet": tablet.name,
        "problem": problem,
    }
    return render(request, "staff/switch.html", values, status=status)


def _pin(request: HttpRequest, person: Person, *, status: int = 200, problem: str = "") -> HttpResponse:
    values = {
        "page": entrance_page(request, _("Your PIN")),
        "form": new_form("pin", "/switch"),
        "who": _shown(person),
        "key": person.pk,
        "username": person.username,
        "has_pin": bool(person.pin),
        "problem": problem,
    }
    return render(request, "staff/switch_pin.html", values, status=status)


def _shown(person: Person) -> Shown:
    return Shown(reference=person.reference, name=person.name, role=role_words(person.roles))
