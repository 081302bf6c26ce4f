"""What an order is made of, found as one types: the catalogue and the reasons (ICD-10-CM)."""

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts.order_rules import PROCEDURES
from benchside.areas.laboratory.catalogue import package_catalogue, search
from benchside.areas.laboratory.reasons import find_reasons
from benchside.areas.laboratory.screens.wording import test_name
from benchside.pages.shapes import Option
from benchside.terms.folding import fold
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language

FOUND_MAX: Final = 10
PROCEDURE_WORDS: Final = {
    "VITALS": "vital signs vitals blood pressure pulse temperature signos vitales presion tension constantes",
    "EKG12": "ekg ecg electrocardiogram 12-lead electrocardiograma derivaciones",
}


def order_options(typed: str) -> tuple[Option, ...]:
    """Tests, panels, point-of-care tests and procedures that fit, best first; LOINC codes fit too."""
    words, language, catalogue = fold(typed).split(), reader_language(), package_catalogue()
    found: dict[str, None] = {}
    for code, (_kind, loinc, _en, _es) in PROCEDURES.items():
        known = PROCEDURE_WORDS[code].split()
        if words and (typed.strip() == loinc or all(any(one.startswith(word) for one in known) for word in words)):
            found[code] = None
    if typed.strip()[:1].isdigit():
        found |= dict.fromkeys(code for code, panel in catalogue.panels.items() if (panel.definition.loinc or "").startswith(typed.strip()))
        found |= dict.fromkeys(code for code, test in catalogue.tests.items() if test.facts.loinc.startswith(typed.strip()))
    found |= dict.fromkeys(hit.code for hit in search(catalogue, typed, language=language, limit=FOUND_MAX))
    return tuple(order_option(code) for code in list(found)[:FOUND_MAX])


def order_option(code: str) -> Option:
    """One thing to order, with what it holds or how it is taken."""
    catalogue = package_catalogue()
    icon, hint = "tube", ""
    if code in PROCEDURES:
        icon = "heart"
    elif code in catalogue.panels and not catalogue.panels[code].definition.test:
        parts = [test_name(part, part) for part in catalogue.panels[code].tests]
        icon, hint = "flask", ", ".join(parts)
    elif code in catalogue.tests and catalogue.tests[code].definition.kind == "point_of_care":
        icon, hint = "drop", _("at the point of care")
    return Option(value=code, text=test_name(code, code), hint=hint or None, icon=icon)


def reason_options(typed: str) -> tuple[Option, ...]:
    """Reasons that fit, as options."""
    return tuple(Option(value=code, text=f"{name} ({code})", icon="note") for code, name in find_reasons(typed, reader_language()))


@screen("patients", methods=("GET",), roles=("clinician", "technician"))
def find_tests(desk: Desk) -> HttpResponse:
    """Answer the search of the order: `?q=`."""
    return render(desk.request, "laboratory/options.html", {"options": order_options(desk.request.GET.get("q", "")), "id": "f-test"})


@screen("patients", methods=("GET",), roles=("clinician",))
def find_reasons_screen(desk: Desk) -> HttpResponse:
    """Answer the search of the reason: `?qr=`."""
    return render(desk.request, "laboratory/options.html", {"options": reason_options(desk.request.GET.get("qr", "")), "id": "f-reason"})
