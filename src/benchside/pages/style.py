"""The style pages: every component and some whole screens, with invented data. What they show is what the tests hold.

They write nothing. `try` checks and answers as a real door would, so that errors, drafts and sending can be tried by hand.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from benchside.pages import drafts, patient_check, style_samples
from benchside.pages.icons import PATHS
from benchside.pages.request import again, new_form, page_for
from benchside.pages.shapes import Column, CriticalValue, FieldError, Form, Notice, Option, Page, ShellUrls, Tab, Tube, Undo
from benchside.pages.tubes import CAPS

SECTIONS: Final = ("foundations", "controls", "forms", "clinical", "messages", "charts")
SCREENS: Final = ("worklist", "collect", "results", "board", "sign-in")
PERSON: Final = "Practitioner/1"
PATIENT: Final = "Patient/1"
SAMPLE_PIN: Final = "123456"
FOUND_MAX: Final = 12
_URLS: Final = ShellUrls(
    home="/style/", lock="/style/lock", unlock="/style/unlock", switch="/style/sign-in/", sign_out="/style/lock", alive="/style/alive"
)


@require_GET
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Show one section or screen. `?dir=rtl` turns the page around, `?patient=2` opens another, `?lock=1` locks after a second."""
    if name not in (*SECTIONS, *SCREENS):
        raise Http404(name)
    return _page(request, name, _sample_form(), status=200)


@require_POST
def try_form(request: HttpRequest) -> HttpResponse:
    """Take the sample form: 422 with every error, or 303 back with the done cookie. Nothing is written."""
    form = again(_sample_form(), request.POST, ())
    errors = _errors(request)
    if errors:
        return _page(request, "forms", replace(form, errors=errors), status=422)
    answer = HttpResponseRedirect("/style/forms/?sent")
    answer.status_code = 303
    drafts.finish(answer, form.idempotency_key, secure=request.is_secure())
    return answer


@require_GET
def find_tests(request: HttpRequest) -> HttpResponse:
    """Answer the search field: options whose name holds the typed letters."""
    typed = request.GET.get("q", "").strip().casefold()
    found = [option for option in style_samples.catalogue() if typed in option.text.casefold()][:FOUND_MAX]
    return render(request, "pages/style/found.html", {"options": found})


@require_POST
def lock(_request: HttpRequest) -> HttpResponse:
    """Pretend to lock the session."""
    return HttpResponse(status=204)


@require_POST
def unlock(request: HttpRequest) -> HttpResponse:
    """Pretend to unlock: 204 for the sample PIN, 422 for any other."""
    return HttpResponse(status=204 if request.POST.get("pin") == SAMPLE_PIN else 422)


@require_GET
def alive(_request: HttpRequest) -> HttpResponse:
    """Say that the server is there."""
    return HttpResponse(status=204)


@require_GET
def printed(request: HttpRequest) -> HttpResponse:
    """Show results as they go to paper."""
    now = datetime.now(UTC)
    return render(request, "pages/style/paper.html", {"page": _shell(request, "paper", now), "samples": style_samples.samples(_, now)})


def _page(request: HttpRequest, name: str, form: Form, *, status: int) -> HttpResponse:
    now = datetime.now(UTC)
    samples = style_samples.samples(_, now)
    values = {
        "page": _shell(request, name, now),
        "samples": samples,
        "patient": samples.patients[1 if request.GET.get("patient") == "2" else 0],
        "form": form,
        "tabs": _tabs(name),
        "confirm_form": new_form("style-confirm", "/style/try", prefix="confirm"),
        "scan_form": new_form("style-scan", "/style/forms/", prefix="scan"),
        **_choices(request),
    }
    return render(request, f"pages/style/{name.replace('-', '_')}.html", values, status=status)


def _shell(request: HttpRequest, name: str, now: datetime) -> Page:
    known = style_samples.samples(_, now)
    titles = {"worklist": _("Worklist"), "collect": _("Collect"), "results": _("Results"), "board": _("Board"), "sign-in": _("Sign in")}
    page = page_for(
        request,
        title=titles.get(name, _("Style")),
        site="Riverbend Clinic",
        now=now,
        person=None if name == "sign-in" else known.people[0],
        navigation=style_samples.navigation(_, name),
        notices=(Notice(text=_("Recorded."), tone="good"),) if "sent" in request.GET else (),
        undo=Undo(text=_("Claimed: LEE, Ann"), form=new_form("style-undo", "/style/try", prefix="undo"), seconds=600)
        if "undo" in request.GET
        else None,
        criticals=(CriticalValue(text="Potassium 6.8 mmol/L · GARCÍA LÓPEZ, María Elena", url="/style/results/", since=known.events[2].at),)
        if name in ("results", "messages")
        else (),
        lock_after_s=int(request.GET["lock"]) if request.GET.get("lock", "").isdigit() else 0,
        urls=_URLS,
    )
    return replace(page, right_to_left=True) if request.GET.get("dir") == "rtl" else page


def _tabs(current: str) -> tuple[Tab, ...]:
    texts = {
        "foundations": _("Foundations"),
        "controls": _("Controls"),
        "forms": _("Forms"),
        "clinical": _("Clinical"),
        "messages": _("Messages"),
        "charts": _("Charts"),
    }
    return tuple(
        Tab(text=texts[name], url="/style/" if name == "foundations" else f"/style/{name}/", current=name == current) for name in SECTIONS
    )


def _choices(request: HttpRequest) -> dict[str, object]:
    """Give what only the style pages' templates name: options, columns, one of everything."""
    tube = Tube(cap="red", additive="", volume_ml=None, fill=0.7)
    picked = set(request.POST.getlist("test"))
    return {
        "site_options": (
            Option(value="right-elbow", text=_("Right elbow")),
            Option(value="right-hand", text=_("Right hand")),
            Option(value="left-hand", text=_("Left hand"), tone="danger"),
        ),
        "attempt_options": (Option(value="1", text="1"), Option(value="2", text="2")),
        "position_options": (Option(value="sitting", text=_("Sitting")), Option(value="lying", text=_("Lying"))),
        "complication_options": (Option(value="hematoma", text=_("Hematoma")), Option(value="faint", text=_("Felt faint"))),
        "picked_tests": tuple(option for option in style_samples.catalogue() if option.value in picked),
        "wrong_form": replace(
            new_form("style-wrong", "/style/try", prefix="wrong", values={"mrn": "004-218-7", "agreed": ""}),
            errors=(
                FieldError(field="mrn", message=_("This record number has a digit too few.")),
                FieldError(field="birth", message=_("Enter the birth date as on the wristband.")),
            ),
        ),
        "columns": (
            Column(text=_("Cause")),
            Column(text=_("Count"), numeric=True, sort_url="#table", sorted="descending"),
            Column(text=_("What follows")),
        ),
        "work_tabs": (
            Tab(text=_("Mine"), url="?mine", count=2),
            Tab(text=_("My place"), url="/style/worklist/", current=True, count=5),
            Tab(text=_("Everybody"), url="?all", count=12),
        ),
        "toasts": (
            Notice(text=_("Recorded."), tone="good"),
            Notice(text=_("Handed over to Tom Adeyemi."), url="#toasts", url_text=_("Show")),
        ),
        "caps": tuple(CAPS),
        "icon_names": tuple(PATHS),
        "more_tubes": (
            replace(tube, container="bottle", cap="light-blue", label="printed", fill=0.6),
            replace(tube, container="cup", cap="white"),
            replace(tube, container="capillary", cap="lavender", label="none"),
            replace(tube, cap="tiger", gel=True, label="scanned"),
            replace(tube, cap="green", label="printing"),
            replace(tube, cap="royal-blue", fill=0.0),
        ),
    }


def _sample_form() -> Form:
    return new_form("style-form:Patient/1", "/style/try", patient=PATIENT, person=PERSON, values={"attempts": "1"})


def _errors(request: HttpRequest) -> tuple[FieldError, ...]:
    """Check the sample form as a real door would check a real one."""
    sent = request.POST
    faults: list[FieldError] = []
    if not patient_check.matches(sent.get(patient_check.FIELD), patient=PATIENT, person=PERSON, site_secret=settings.SECRET_KEY):
        faults.append(FieldError(field="", message=_("This form was opened for another patient. Open it again from the right chart.")))
    if not sent.get("site"):
        faults.append(FieldError(field="site", message=_("Choose where you drew.")))
    potassium = sent.get("potassium", "")
    if not potassium.replace(".", "", 1).isdigit():
        faults.append(FieldError(field="potassium", message=_("Enter the potassium as a number, for example 4.1.")))
    if not sent.getlist("test"):
        faults.append(FieldError(field="test", message=_("Choose at least one test.")))
    return tuple(faults)
