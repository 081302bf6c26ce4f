"""The way in: sign-in, sign-out, and the page after it. Plain forms; they work without any script."""

from datetime import UTC, datetime
from typing import Final

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from benchside.accounts.models import USERNAME_CHARACTERS_MAX, Person
from benchside.accounts.network import client_address
from benchside.accounts.roles import role_table
from benchside.accounts.sign_in import Throttled, check_brake, note_failure, note_success

NEXT: Final = "next"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the sign-in form, or take it: 303 to where the person wanted to go, 422 with the form and the reason, 429 when braked."""
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect("home")
        return _form(request, status=200)
    username = request.POST.get("username", "").strip()[:USERNAME_CHARACTERS_MAX]
    at, address = datetime.now(UTC), client_address(request)
    try:
        check_brake(username, address, at=at)
    except Throttled as brake:
        until = timezone.localtime(brake.until).strftime("%H:%M")
        message = _("Too many failed sign-ins. Try again after %(time)s, or ask an administrator for a new password.")
        return _form(request, status=429, username=username, problem=message % {"time": until})
    person = authenticate(request, username=username, password=request.POST.get("password", ""))
    if not isinstance(person, Person):
        note_failure(username, address, at=at)
        return _form(request, status=422, username=username, problem=_("This name and password do not belong together."))
    note_success(username)
    login(request, person)
    return HttpResponseRedirect(_destination(request), status=303)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and show the sign-in form; `Clear-Site-Data` empties a shared tablet of what the person saw."""
    logout(request)
    response = HttpResponseRedirect("/", status=303)
    response["Clear-Site-Data"] = '"cache"'
    return response


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the start page to whoever is signed in, the sign-in form to everybody else."""
    if not isinstance(request.user, Person):
        return _form(request, status=200)
    person = request.user
    known = role_table().roles
    titles = [known[name].title if name in known else name for name in person.roles]
    return render(request, "site/home.html", {"language": get_language(), "person": person, "titles": titles})


def _form(request: HttpRequest, *, status: int, username: str = "", problem: str = "") -> HttpResponse:
    wanted = request.POST.get(NEXT) or request.GET.get(NEXT, "")
    values = {"language": get_language(), "username": username, "problem": problem, "next": wanted if _is_ours(request, wanted) else ""}
    return render(request, "site/sign_in.html", values, status=status)


def _destination(request: HttpRequest) -> str:
    wanted = request.POST.get(NEXT, "")
    return wanted if _is_ours(request, wanted) else "/"


def _is_ours(request: HttpRequest, address: str) -> bool:
    return bool(address) and url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
