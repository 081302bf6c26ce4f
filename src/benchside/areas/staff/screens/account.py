"""One's own account: PIN, language and appearance, what one is signed off for and until when. And the tablet in hand."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from benchside.accounts.models import Tablet
from benchside.accounts.network import client_address
from benchside.accounts.pins import PinUnfit, set_pin
from benchside.accounts.proof import proves
from benchside.accounts.sign_in import Throttled
from benchside.accounts.tablets import KEPT_S, begin_shift, register_tablet, retire_tablet
from benchside.areas.staff.screens.entrance import clock_time
from benchside.areas.staff.screens.sign_offs import held_by
from benchside.pages.shapes import FieldError, Form
from benchside.workplace import Desk, screen

TABLETS_SHOWN_MAX: Final = 200
SOON: Final = timedelta(days=60)


@screen("account")
def account(desk: Desk) -> HttpResponse:
    """Show one's account, or take a new PIN: 303 when it is set, 422 with what is wrong."""
    form = desk.form("pin", prefix="pin")
    if desk.request.method != "POST":
        return _account(desk, form)
    errors = _pin_errors(desk)
    if errors:
        return _account(desk, replace(form, errors=errors), status=422)
    return desk.done("/account", notice=_("Your PIN is set."))


def _pin_errors(desk: Desk) -> tuple[FieldError, ...]:
    """Check the form of a new PIN and set it; what is wrong with it, or nothing."""
    posted = desk.request.POST
    try:
        if not proves(desk.account, posted.get("password", ""), client_address(desk.request), at=desk.now):
            return (FieldError(field="password", message=_("That is not your password. Enter it again.")),)
    except Throttled as brake:
        words = _("Too many wrong entries. Try again after %(time)s.") % {"time": clock_time(brake)}
        return (FieldError(field="password", message=words),)
    if posted.get("pin", "") != posted.get("again", ""):
        return (FieldError(field="again", message=_("The two PINs differ. Enter the same six digits twice.")),)
    try:
        set_pin(desk.account, posted.get("pin", ""))
    except PinUnfit:
        words = _("Choose six digits that are not in a row, not the same, and no pattern twice.")
        return (FieldError(field="pin", message=words),)
    return ()


def _account(desk: Desk, form: Form, *, status: int = 200) -> HttpResponse:
    values = {
        "page": desk.page(_("My account")),
        "form": form,
        "account": desk.account,
        "has_pin": bool(desk.account.pin),
        "tablet": desk.tablet,
        "may_register": bool(set(desk.principal.roles) & {"administrator", "technician.lead"}),
        "held": held_by(desk, desk.performer, soon=SOON),
    }
    return render(desk.request, "staff/account.html", values, status=status)


@screen("account", roles=("administrator", "technician.lead"))
def tablet(desk: Desk) -> HttpResponse:
    """Show the registered tablets; register this device, or end a registration. By an administrator or a lead only."""
    form = desk.form("tablet", prefix="tablet")
    if desk.request.method != "POST":
        return _tablets(desk, form)
    if "retire" in desk.request.POST:
        return _retired(desk, desk.request.POST["retire"])
    name = desk.request.POST.get("name", "").strip()
    try:
        made = register_tablet(name, desk.account, desk.now)
    except ValidationError:
        words = _("Give the name on the tablet's label, one that no other tablet has.")
        values: dict[str, str] = {"name": name}
        return _tablets(desk, replace(form, values=values, errors=(FieldError(field="name", message=words),)), status=422)
    if desk.tablet is not None:
        retire_tablet(desk.tablet)
    begin_shift(desk.account, made.tablet, desk.now)
    answer = desk.done("/account/tablet", notice=_("This device is registered. People sign in once with their password, then by PIN."))
    answer.set_cookie(
        settings.BENCHSIDE_TABLET_COOKIE,
        made.text,
        max_age=KEPT_S,
        secure=desk.request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return answer


def _retired(desk: Desk, key: str) -> HttpResponse:
    found = Tablet.objects.filter(pk=int(key)).first() if key.isascii() and key.isdigit() and len(key) < 19 else None
    if found is None:
        raise Http404("There is no such tablet.")
    retire_tablet(found)
    return desk.done("/account/tablet", notice=_("%(name)s is no longer registered.") % {"name": found.name})


def _tablets(desk: Desk, form: Form, *, status: int = 200) -> HttpResponse:
    values = {
        "page": desk.page(_("Tablets")),
        "form": form,
        "retire_form": desk.form("retire", prefix="retire"),
        "tablet": desk.tablet,
        "tablets": list(Tablet.objects.select_related("registered_by").order_by("name")[:TABLETS_SHOWN_MAX]),
    }
    return render(desk.request, "staff/tablet.html", values, status=status)
