"""Locking a screen and opening it again: by the person, by the page when nobody touches it, by the server after that."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from benchside.accounts import sessions
from benchside.accounts.models import Person
from benchside.accounts.network import client_address
from benchside.accounts.proof import proves
from benchside.accounts.sign_in import Throttled
from benchside.areas.staff.screens.entrance import clock_time, entrance_page, gone_to, wanted_address
from benchside.pages.request import new_form
from benchside.pages.shapes import Person as Shown
from benchside.workplace import clock
from benchside.workplace.roles import role_words
from benchside.workplace.screens import session_state

BY_PAGE: Final = "X-Benchside-Lock"
"""Header of the shell's own script: it wants a status, not a page."""


@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Lock the session: 204 for the page's script, 303 to the unlock page for a plain form."""
    if isinstance(request.user, Person):
        sessions.lock(request)
    if BY_PAGE in request.headers:
        return HttpResponse(status=204)
    return gone_to("/unlock")


@sensitive_post_parameters("pin", "password")
@require_http_methods(["GET", "HEAD", "POST"])
def unlock(request: HttpRequest) -> HttpResponse:
    """Show how to unlock, or take PIN or password: 204 (script) or 303 when right, 422 when wrong, 429 when braked."""
    by_page = BY_PAGE in request.headers
    person = request.user
    if not isinstance(person, Person) or session_state(request) == "over":
        return HttpResponse(status=401) if by_page else gone_to("/sign-in")
    if request.method != "POST":
        return _page(request, person, status=200)
    secret = request.POST.get("pin") or request.POST.get("password", "")
    try:
        right = proves(person, secret, client_address(request), at=clock.now())
    except Throttled as brake:
        words = _("Too many wrong entries. Use your password, or try again after %(time)s.") % {"time": clock_time(brake)}
        return HttpResponse(status=429) if by_page else _page(request, person, status=429, problem=words)
    if not right:
        words = _("That is not your PIN or password. Try again.")
        return HttpResponse(status=422) if by_page else _page(request, person, status=422, problem=words)
    sessions.unlock(request, at=clock.now())
    return HttpResponse(status=204) if by_page else gone_to(wanted_address(request) or "/")


def _page(request: HttpRequest, person: Person, *, status: int, problem: str = "") -> HttpResponse:
    values = {
        "page": entrance_page(request, _("Locked")),
        "form": new_form("unlock", "/unlock"),
        "who": Shown(reference=person.reference, name=person.name, role=role_words(person.roles)),
        "has_pin": bool(person.pin),
        "problem": problem,
        "next": wanted_address(request),
    }
    return render(request, "staff/unlock.html", values, status=status)
