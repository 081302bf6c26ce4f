"""Drawing a page of the laboratory: addresses and columns that every template asks for, and words of codes."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.names import laboratory_names
from benchside.pages.idempotency import UnusableKey
from benchside.pages.request import again
from benchside.pages.shapes import Column, FieldError, Form
from benchside.workplace import Desk, Outcome
from benchside.workplace.outcomes import reader_language


def url(name: str, *arguments: str) -> str:
    """The address of that name, for templates."""
    return reverse(name, args=arguments)


def columns(*texts: str) -> tuple[Column, ...]:
    """Columns of a table by their words."""
    return tuple(Column(text=text) for text in texts)


def drawn(desk: Desk, template: str, *, status: int = 200, **values: Any) -> HttpResponse:
    """Draw a page of the laboratory."""
    return render(desk.request, f"laboratory/{template}.html", {"url": url, "columns": columns, **values}, status=status)


def words_for(codes: Sequence[str], kind: str = "test") -> str:
    """What codes of the laboratory are called, in one line."""
    known = laboratory_names(reader_language())
    return ", ".join(str(known.get(f"{kind}:{code}", code.replace("-", " ").replace("_", " "))) for code in codes)


def wrong(desk: Desk, form: Form, errors: Sequence[FieldError]) -> Outcome[Any]:
    """The outcome of a form that cannot be sent to the act yet: drawn again with what is to be corrected."""
    try:
        returned = again(form, desk.request.POST, tuple(errors))
    except UnusableKey:
        returned = replace(form, errors=tuple(errors))
    return Outcome(returned, status=422)


def number_of(desk: Desk, name: str, errors: list[FieldError]) -> Decimal | None:
    """A number of the posted form, None when nothing was entered; what is no number is added to `errors`."""
    text = desk.request.POST.get(name, "").strip()
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        errors.append(FieldError(field=name, message=_("Write digits with a decimal point.")))
        return None
    return value
