"""From a request to the `Page` that the shell draws, and from posted fields to a `Form`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, cast, get_args

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.middleware.csrf import get_token
from django.utils import translation

from benchside.pages import drafts, idempotency, patient_check
from benchside.pages.shapes import CriticalValue, FieldError, Form, NavigationItem, Notice, Page, Person, ShellUrls, Theme, Undo

THEME_COOKIE: Final = "benchside_theme"
_GUARDS = frozenset({idempotency.KEY_FIELD, patient_check.FIELD, "csrfmiddlewaretoken"})


def theme_of(request: HttpRequest) -> Theme:
    """Give the appearance that the person chose on this device; "auto" follows the device."""
    chosen = request.COOKIES.get(THEME_COOKIE, "auto")
    return cast("Theme", chosen) if chosen in get_args(Theme) else "auto"


def page_for(
    request: HttpRequest,
    *,
    title: str,
    site: str,
    now: datetime,
    person: Person | None = None,
    navigation: tuple[NavigationItem, ...] = (),
    notices: tuple[Notice, ...] = (),
    undo: Undo | None = None,
    criticals: tuple[CriticalValue, ...] = (),
    lock_after_s: int = 300,
    has_pin: bool = True,
    urls: ShellUrls | None = None,
) -> Page:
    """Gather what the shell needs. `title` and the other words are in the reader's language already."""
    return Page(
        title=title,
        site=site,
        csrf_token=get_token(request),
        path=request.get_full_path(),
        now=now,
        person=person,
        navigation=navigation,
        language=translation.get_language() or settings.LANGUAGE_CODE,
        languages=tuple(settings.LANGUAGES),
        right_to_left=translation.get_language_bidi(),
        theme=theme_of(request),
        urls=urls or ShellUrls(),
        notices=notices,
        undo=undo,
        criticals=criticals,
        lock_after_s=lock_after_s,
        has_pin=has_pin,
        draft_secret=drafts.secret_for(person.reference, site_secret=settings.SECRET_KEY) if person else None,
    )


def new_form(
    name: str,
    action: str,
    *,
    patient: str | None = None,
    person: str | None = None,
    values: Mapping[str, str | Sequence[str]] | None = None,
    prefix: str = "f",
) -> Form:
    """Make a form to draw for the first time: a fresh key, and with `patient` and `person` the token that ties it to both."""
    if (patient is None) != (person is None):
        raise ValueError("a form about a patient needs the patient and the person, or neither")
    check = None
    if patient is not None and person is not None:
        check = patient_check.token(patient=patient, person=person, site_secret=settings.SECRET_KEY)
    return Form(
        name=name, action=action, idempotency_key=idempotency.new_key(), values=dict(values or {}), patient_check=check, prefix=prefix
    )


def again(form: Form, posted: QueryDict, errors: tuple[FieldError, ...]) -> Form:
    """Make the form to draw again after a refusal: what was entered, what is wrong, and the same key, because nothing was done."""
    values = {name: posted.getlist(name) for name in posted if name not in _GUARDS}
    key = idempotency.checked_key(posted.get(idempotency.KEY_FIELD))
    return Form(
        name=form.name,
        action=form.action,
        idempotency_key=key,
        values=values,
        errors=errors,
        patient_check=form.patient_check,
        prefix=form.prefix,
    )
