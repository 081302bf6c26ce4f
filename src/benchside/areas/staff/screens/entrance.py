"""The way in and out: sign-in with a password, sign-out. Plain forms; they work without any script."""

from typing import Final

from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from benchside.accounts.models import USERNAME_CHARACTERS_MAX, Person, Tablet
from benchside.accounts.network import client_address
from benchside.accounts.sessions import begin
from benchside.accounts.sign_in import Throttled, check_brake, note_failure, note_success
from benchside.accounts.tablets import SHIFT, begin_shift, end_shift, people_on, tablet_of
from benchside.pages.request import new_form, page_for
from benchside.pages.shapes import Page
from benchside.workplace import clock
from benchside.workplace.screens import session_state

NEXT: Final = "next"
EMPTIED: Final = '"cache"'
"""What a browser is asked to forget of a person who goes: a shared tablet keeps nothing of what they saw."""


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the sign-in form, or take it: 303 to where the person wanted to go, 422 with the form and the reason, 429 when braked."""
    if request.method != "POST":
        if isinstance(request.user, Person) and session_state(request) == "open":
            return redirect("home")
        return _form(request, status=200, username=request.GET.get("name", "")[:USERNAME_CHARACTERS_MAX])
    username = request.POST.get("username", "").strip()[:USERNAME_CHARACTERS_MAX]
    at, address = clock.now(), client_address(request)
    try:
        check_brake(username, address, at=at)
    except Throttled as brake:
        message = _("Too many failed sign-ins. Try again after %(time)s, or ask an administrator for a new password.")
        return _form(request, status=429, username=username, problem=message % {"time": clock_time(brake)})
    person = authenticate(request, username=username, password=request.POST.get("password", ""))
    if not isinstance(person, Person):
        note_failure(username, address, at=at)
        return _form(request, status=422, username=username, problem=_("This name and password do not belong together."))
    note_success(username)
    begin(request, person, at=at, ends=at + SHIFT)
    tablet = this_tablet(request)
    if tablet is not None:
        begin_shift(person, tablet, at)
    return gone_to(wanted_address(request) or "/")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and the person's shift on this tablet; the browser is asked to forget what it kept of them."""
    tablet = this_tablet(request)
    if tablet is not None and isinstance(request.user, Person):
        end_shift(request.user, tablet)
    logout(request)
    return gone_to("/sign-in", emptied=True)


def entrance_page(request: HttpRequest, title: str) -> Page:
    """Give the shell of a page that stands before the sign-in: nobody's name, no navigation."""
    return page_for(request, title=title, site=settings.BENCHSIDE_SITE_NAME, now=clock.now())


def this_tablet(request: HttpRequest) -> Tablet | None:
    """Return the registered tablet that asks; None for any other device."""
    return tablet_of(request.COOKIES.get(settings.BENCHSIDE_TABLET_COOKIE))


def gone_to(address: str, *, emptied: bool = False) -> HttpResponse:
    """Answer 303; `emptied` asks the browser to forget what it kept of the last person."""
    answer = HttpResponseRedirect(address)
    answer.status_code = 303
    if emptied:
        answer["Clear-Site-Data"] = EMPTIED
    return answer


def wanted_address(request: HttpRequest) -> str:
    """Return where the person wanted to go, if it is an address of this site; "" otherwise."""
    wanted = request.POST.get(NEXT) or request.GET.get(NEXT, "")
    ours = bool(wanted) and url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else ""


def clock_time(brake: Throttled) -> str:
    """Write until when the brake holds, in the site's zone."""
    return timezone.localtime(brake.until).strftime("%H:%M")


def _form(request: HttpRequest, *, status: int, username: str = "", problem: str = "") -> HttpResponse:
    tablet = this_tablet(request)
    values = {
        "page": entrance_page(request, _("Sign in")),
        "form": new_form("sign-in", "/sign-in", values={"username": username}),
        "problem": problem,
        "next": wanted_address(request),
        "by_badge": tablet is not None and bool(people_on(tablet, clock.now())),
    }
    return render(request, "staff/sign_in.html", values, status=status)
