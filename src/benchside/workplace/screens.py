"""`@screen`: what stands before every screen. Who is signed in, whether the screen is locked, which roles may see it."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from benchside.accounts.models import Person as Account
from benchside.accounts.roles import UnknownRole
from benchside.accounts.sessions import State, note_activity, state
from benchside.accounts.tokens import principal_of_person
from benchside.pages.shapes import Person
from benchside.record.site import site_record
from benchside.workplace import clock
from benchside.workplace.desk import Desk
from benchside.workplace.roles import role_words

View = Callable[..., HttpResponse]
PATIENT: Final = "patient"


def screen(place: str, *, methods: tuple[str, ...] = ("GET", "POST"), roles: tuple[str, ...] | None = None) -> Callable[[View], View]:
    """Make a view of a `Desk` into a screen. `place` is the navigation place that is lit while it shows.

    Nobody signed in, or a shift that is over: 303 to the sign-in (401 for a part of a page). A locked session: 303 to the lock.
    `roles` narrows who may see it: a role named there includes its levels (`technician` includes `technician.senior`); others get
    403. `HEAD` is answered where `GET` is.
    """
    allowed = (*methods, "HEAD") if "GET" in methods else methods

    def decorate(view: View) -> View:
        @wraps(view)
        def shown(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
            if request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            away = _turned_away(request)
            if away is not None:
                return away
            desk = desk_of(request, request.user, place)  # pyright: ignore[reportArgumentType] # checked by _turned_away
            if set(desk.principal.roles) <= {PATIENT} or not _may_see(desk.principal.roles, roles):
                raise PermissionDenied
            if not desk.is_fragment:
                note_activity(request, at=desk.now)
            return view(desk, *arguments, **named)

        return shown

    return decorate


def desk_of(request: HttpRequest, account: Account, place: str = "") -> Desk:
    """Make the desk of a signed-in person for this request. Raises PermissionDenied where a role of theirs is gone."""
    try:
        principal = principal_of_person(account)
    except UnknownRole as unknown:
        raise PermissionDenied from unknown
    person = Person(reference=principal.author, name=account.name, role=role_words(principal.roles))
    return Desk(request, account, principal, person, site_record(), clock.now(), place)


def session_state(request: HttpRequest) -> State:
    """Say how the session of a signed-in person stands now."""
    return state(request, at=clock.now(), idle=timedelta(seconds=settings.BENCHSIDE_IDLE_S))


def _turned_away(request: HttpRequest) -> HttpResponse | None:
    """Answer who may not pass: nobody signed in, the shift over, the session locked. None for who may."""
    if not isinstance(request.user, Account):
        return _sent_to(request, "sign-in")
    standing = session_state(request)
    if standing == "over":
        logout(request)
        return _sent_to(request, "sign-in")
    return _sent_to(request, "unlock") if standing == "locked" else None


def _may_see(held: tuple[str, ...], wanted: tuple[str, ...] | None) -> bool:
    return wanted is None or any(role == one or role.startswith(f"{one}.") for role in held for one in wanted)


def _sent_to(request: HttpRequest, name: str) -> HttpResponse:
    """Send a page to `name` and from there back.

    A part of a page gets 401; so does a form that a script sends after the session ended: it stays as it is, with what was entered.
    """
    by_script = request.headers.get("HX-Request") == "true"
    if by_script and (request.headers.get("HX-Boosted") != "true" or (request.method == "POST" and name == "sign-in")):
        return HttpResponse(status=401)
    back = _address_of(request)
    answer = HttpResponseRedirect(reverse(name) + (f"?{urlencode({'next': back})}" if back != "/" else ""))
    answer.status_code = 303
    return answer


def _address_of(request: HttpRequest) -> str:
    """Return the page the person is on: the one asked for, or the one whose form was sent."""
    if request.method != "POST":
        return request.get_full_path()
    shown = urlsplit(request.headers.get("Referer", ""))
    if shown.netloc != request.get_host():
        return request.path
    return f"{shown.path}?{shown.query}" if shown.query else shown.path
