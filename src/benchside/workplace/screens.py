"""`@screen`: what stands before every screen. Who is signed in, whether the screen is locked, which roles may see it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from benchside.accounts.models import Person as Account
from benchside.accounts.roles import UnknownRole
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

    Nobody signed in: 303 to the sign-in (401 for a part of a page). `roles` narrows who may see it: a role named there includes
    its levels (`technician` includes `technician.senior`); others get 403. `HEAD` is answered where `GET` is.
    """
    allowed = (*methods, "HEAD") if "GET" in methods else methods

    def decorate(view: View) -> View:
        @wraps(view)
        def shown(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
            if request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            if not isinstance(request.user, Account):
                return _sent_to(request, "sign-in", 401)
            desk = desk_of(request, request.user, place)
            if set(desk.principal.roles) <= {PATIENT} or not _may_see(desk.principal.roles, roles):
                raise PermissionDenied
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


def _may_see(held: tuple[str, ...], wanted: tuple[str, ...] | None) -> bool:
    return wanted is None or any(role == one or role.startswith(f"{one}.") for role in held for one in wanted)


def _sent_to(request: HttpRequest, name: str, status_for_parts: int) -> HttpResponse:
    """Send a page to `name` and from there back; a part of a page, or a form sent by a script, gets the status alone."""
    by_script = request.headers.get("HX-Request") == "true"
    if by_script and (request.method == "POST" or request.headers.get("HX-Boosted") != "true"):
        return HttpResponse(status=status_for_parts)
    back = request.get_full_path() if request.method != "POST" else request.path
    answer = HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': back})}")
    answer.status_code = 303
    return answer
