"""Vital signs: large fields that say at once whether a value is usual, critical or impossible; charted through the act."""

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Final, Literal, cast

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.bedside.acts import Circumstances, RecordedVitals, record_vitals
from benchside.areas.bedside.acts.vital_signs import CONFIRMABLE
from benchside.areas.bedside.screens.identification import asked_again, of_task, told
from benchside.areas.bedside.vitals import (
    Consciousness,
    News2Input,
    Reading,
    age_ranges,
    critical_signs,
    mean_pressure,
    news2,
    news2_refusals,
    package_vitals,
    read_signs,
)
from benchside.fhir import r4
from benchside.pages.codes import N_
from benchside.pages.request import again
from benchside.pages.shapes import FieldError, Form, Option
from benchside.readiness.explanation import names
from benchside.readiness.facts import PatientIdentification
from benchside.readiness.gathering.kept import load
from benchside.readiness.gathering.patients import PatientFacts, patient_facts
from benchside.readiness.gathering.places import devices_of_kind
from benchside.record import Gone, NotFound
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import Outcome, reader_language
from benchside.workplace.places import address

Tone = Literal["neutral", "info", "good", "warning", "danger"]
READINGS_MAX: Final = 4
UNITS: Final = {
    "temperature": (("Cel", "°C"), ("[degF]", "°F")),
    "weight": (("kg", "kg"), ("[lb_av]", "lb")),
    "height": (("cm", "cm"), ("[in_i]", "in")),
}
SINGLE: Final = ("heart_rate", "respiratory_rate", "spo2", "temperature", "weight", "height", "pain")
SHOWN_UNITS: Final = {"heart_rate": "/min", "respiratory_rate": "/min", "spo2": "%", "systolic": "mmHg", "diastolic": "mmHg", "pain": "/10"}
POSITIONS: Final = {"sitting": N_("Sitting"), "lying": N_("Lying"), "standing": N_("Standing")}
ARMS: Final = {
    "left-arm": N_("Left arm"),
    "right-arm": N_("Right arm"),
    "left-wrist": N_("Left wrist"),
    "right-wrist": N_("Right wrist"),
    "thigh": N_("Thigh"),
}
CUFFS: Final = {
    "child": N_("Child"),
    "small-adult": N_("Small adult, 22 to 26 cm"),
    "adult": N_("Adult, 27 to 34 cm"),
    "large-adult": N_("Large adult, 35 to 44 cm"),
    "thigh": N_("Thigh, 45 to 52 cm"),
}
ROUTES: Final = {"oral": N_("Mouth"), "ear": N_("Ear"), "axillary": N_("Armpit"), "forehead": N_("Forehead"), "rectal": N_("Rectal")}
ALERT: Final = {
    "A": N_("Alert"),
    "C": N_("New confusion"),
    "V": N_("Answers to voice"),
    "P": N_("Answers to pain"),
    "U": N_("Unresponsive"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What is said beside a field while it is filled."""

    sign: str
    text: str
    tone: Tone
    icon: str


def number(text: str) -> Decimal | None:
    """A number as people type it, with a point or a comma; None of anything else."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < 100_000 else None


def _unit(desk: Desk, sign: str) -> str:
    if sign in UNITS:
        asked = desk.request.POST.get(f"{sign}_unit", "")
        return asked if asked in [code for code, _words in UNITS[sign]] else UNITS[sign][0][0]
    return package_vitals().signs[sign].unit


def readings_of(desk: Desk) -> tuple[list[Reading], list[str]]:
    """What was entered, and the names of fields that hold no number."""
    found: list[Reading] = []
    wrong: list[str] = []
    fields = [(sign, sign) for sign in SINGLE]
    fields += [(f"{sign}_{count}", sign) for count in range(1, READINGS_MAX + 1) for sign in ("systolic", "diastolic")]
    for field, sign in fields:
        text = desk.request.POST.get(field, "").strip()
        if not text:
            continue
        value = number(text)
        if value is None:
            wrong.append(field)
        else:
            found.append(Reading(sign, value, _unit(desk, sign)))
    return found, wrong


def circumstances_of(desk: Desk) -> Circumstances:
    """How it was measured."""
    posted = desk.request.POST

    def coded(name: str, known: dict[str, str]) -> str:
        return posted.get(name, "") if posted.get(name) in known else ""

    oxygen = {"oxygen": True, "room-air": False}.get(posted.get("oxygen", ""))
    return Circumstances(
        coded("position", POSITIONS),
        coded("site", ARMS),
        coded("cuff", CUFFS),
        coded("temperature_route", ROUTES),
        oxygen,
        coded("consciousness", ALERT),
        posted.get("scale_2") == "yes",
    )


def _patient_of(desk: Desk, patient_id: str) -> PatientFacts:
    try:
        return patient_facts(desk.record, patient_id, desk.now)
    except (NotFound, Gone) as absent:
        raise Http404(str(absent)) from absent


def _range(sign: str, patient: PatientFacts, desk: Desk) -> tuple[int, int] | None:
    if patient.birth_date is None or sign not in ("heart_rate", "respiratory_rate", "systolic", "diastolic"):
        return None
    row, _low = age_ranges(patient.birth_date, desk.now.date(), package_vitals())
    found: tuple[int, int] = getattr(row, sign)
    return found


def usual(sign: str, patient: PatientFacts, desk: Desk) -> str | None:
    """The usual values of the age, for beside the field."""
    found = _range(sign, patient, desk)
    return f"{found[0]}–{found[1]}" if found else None


def said_of(desk: Desk, patient: PatientFacts, sign: str, field: str) -> Said:
    """What a value means while it is typed: impossible, critical, unusual for the age, or nothing to say."""
    text = desk.request.POST.get(field, "").strip()
    value = number(text)
    if not text or value is None:
        return Said(field, _("Enter a number.") if text else "", "warning" if text else "neutral", "warning")
    values, refusals = read_signs([Reading(sign, value, _unit(desk, sign))], package_vitals())
    if refusals:
        reason = desk.reasons(refusals)[0]
        return Said(field, f"{reason.words} {reason.remedy}", "danger", "stop")
    today = desk.now.astimezone(desk.record.policy.zone).date()
    scale_2 = desk.request.POST.get("scale_2") == "yes"
    if critical_signs(values, patient.birth_date, today, package_vitals(), scale_2=scale_2):
        return Said(field, _("Critical. Measure again; saving it begins the call to the clinician."), "danger", "alarm")
    found = _range(sign, patient, desk)
    if found and values[sign] < found[0]:
        return Said(field, _("Below the usual values of this age."), "warning", "arrow-down")
    if found and values[sign] > found[1]:
        return Said(field, _("Above the usual values of this age."), "warning", "arrow-up")
    return Said(field, _("Usual at this age.") if found else "", "good", "check")


@dataclass(frozen=True, slots=True)
class Score:
    """NEWS2 as far as it can be told, or why it is not for this patient."""

    total: int | None
    response: str
    missing: tuple[str, ...]
    tone: Tone
    not_for: str = ""


def score_of(desk: Desk, patient: PatientFacts) -> Score | None:
    """NEWS2 of what was entered; None while nothing was."""
    readings, _wrong = readings_of(desk)
    if not readings:
        return None
    refusals = news2_refusals(patient.birth_date, desk.now.date())
    if refusals:
        return Score(None, "", (), "neutral", desk.reasons(refusals)[0].words)
    values, _faults = read_signs([one for one in readings if one.sign not in ("systolic", "diastolic")], package_vitals())
    systolic, _differ = mean_pressure(pressures_of(readings), package_vitals())
    how = circumstances_of(desk)
    given = News2Input(
        values.get("respiratory_rate"),
        values.get("spo2"),
        how.oxygen,
        systolic[0] if systolic else None,
        values.get("heart_rate"),
        cast("Consciousness", how.consciousness) if how.consciousness else None,
        values.get("temperature"),
        scale_2=how.scale_2,
    )
    found = news2(given, package_vitals())
    known = names(desk.requirements, reader_language())
    missing = tuple(_(PARAMETERS[name]) if name in PARAMETERS else known.get(f"sign:{name}", name) for name in found.missing)
    words = next((row.es if reader_language() == "es" else row.en for row in package_vitals().responses if row.code == found.response), "")
    tone: Tone = (
        "danger" if (found.total or 0) >= 7 else "warning" if (found.total or 0) >= 5 or found.response == "single-three" else "good"
    )
    return Score(found.total, words, missing, tone if found.total is not None else "neutral")


PARAMETERS: Final = {"oxygen": N_("air or oxygen"), "consciousness": N_("responsiveness")}


def pressures_of(readings: list[Reading]) -> list[tuple[Decimal, Decimal]]:
    """The readings that have both their pressures."""
    high = [one.value for one in readings if one.sign == "systolic"]
    low = [one.value for one in readings if one.sign == "diastolic"]
    return list(zip(high, low, strict=False))


@screen("worklist", methods=("POST",), roles=("technician", "clinician"))
def check(desk: Desk, patient_id: str) -> HttpResponse:
    """Say what a value means, for a form that is being filled. Nothing is kept."""
    patient = _patient_of(desk, patient_id)
    field = desk.request.POST.get("checked", "")
    sign = field.partition("_")[0] if field.startswith(("systolic", "diastolic")) else field
    said = said_of(desk, patient, sign, field) if sign in package_vitals().signs else None
    answer = render(desk.request, "bedside/vitals_said.html", {"said": said, "score": score_of(desk, patient)})
    answer["Cache-Control"] = "no-store"
    return answer


@screen("worklist", roles=("technician", "clinician"))
def record(desk: Desk, patient_id: str) -> HttpResponse:
    """Ask for the signs, and chart them."""
    patient = _patient_of(desk, patient_id)
    task_id = desk.request.GET.get("task", "")
    task = _task(desk, task_id)
    known = of_task(desk, task, "record_vitals")
    form = desk.form(
        f"vitals:{patient.reference}:{task_id}",
        patient=patient.reference,
        values={"temperature_unit": "Cel", "weight_unit": "kg", "height_unit": "cm", "position": "sitting"},
    )
    values: dict[str, object] = {"reasons": (), "confirmable": ()}
    status = 200
    if desk.request.method == "POST":
        readings, wrong = readings_of(desk)
        if wrong:
            errors = tuple(FieldError(field=name, message=_("Enter a number, or leave it empty.")) for name in wrong)
            form, status = again(form, desk.request.POST, errors), 422
        else:
            outcome = _charted(desk, form, patient, task_id, readings, known or told(desk, patient))
            if outcome.answer is not None:
                return _after(desk, patient_id, outcome.answer.calls, task_id)
            form, status = outcome.form, outcome.status
            if any(reason.code == "identification.none" for reason in outcome.reasons):
                form = replace(form, errors=(*form.errors, *asked_again()))
            values["reasons"] = outcome.reasons
            values["confirmable"] = [Option(value=one.code, text=one.words) for one in outcome.reasons if one.code in CONFIRMABLE]
    score = score_of(desk, patient) if status != 200 else None
    values |= _shown(desk, patient, task_id) | {"form": form, "identified": known is not None, "score": score}
    return render(desk.request, "bedside/vitals.html", values, status=status)


def _charted(
    desk: Desk, form: Form, patient: PatientFacts, task_id: str, readings: list[Reading], identification: PatientIdentification | None
) -> Outcome[RecordedVitals]:
    device = desk.request.POST.get("device", "")
    return desk.act(
        form,
        lambda performance: record_vitals(
            performance,
            patient.id,
            readings,
            identification,
            work_id=task_id,
            devices=[device] if device else [],
            precautions_seen=desk.request.POST.getlist("precautions"),
            confirmed=desk.request.POST.getlist("confirmed"),
            circumstances=circumstances_of(desk),
        ),
        patient=patient.reference,
    )


def _task(desk: Desk, task_id: str) -> r4.Task | None:
    if not task_id:
        return None
    try:
        return load(desk.record, r4.Task, task_id)
    except (NotFound, Gone) as absent:
        raise Http404(str(absent)) from absent


def _after(desk: Desk, patient_id: str, calls: tuple[str, ...], task_id: str) -> HttpResponse:
    """Back to the work; a critical sign leads to its call at once."""
    if calls:
        url = address("call", calls[0])
        return desk.done(url or reverse("worklist"), notice=_("Charted. A sign is critical: tell the clinician now."), tone="danger")
    url = address("worklist") if task_id else address("patient", patient_id)
    return desk.done(url or reverse("worklist"), notice=_("Vital signs charted."))


def _options(known: dict[str, str]) -> list[Option]:
    return [Option(value=code, text=_(words)) for code, words in known.items()]


def _shown(desk: Desk, patient: PatientFacts, task_id: str) -> dict[str, object]:
    """What the page needs besides the form."""
    known = names(desk.requirements, reader_language())
    arms = {code.partition("-")[0] for code in patient.arms if not code.endswith("-infusion")}
    return {
        "page": desk.page(_("Vital signs")),
        "patient": desk.patient(patient.id),
        "check_url": reverse("vitals-check", args=[patient.id]),
        "usual": {sign: usual(sign, patient, desk) for sign in ("heart_rate", "respiratory_rate", "systolic", "diastolic")},
        "sign_names": {code: known.get(f"sign:{code}", code).capitalize() for code in package_vitals().signs},
        "units": SHOWN_UNITS,
        "unit_options": {sign: [Option(value=code, text=words) for code, words in found] for sign, found in UNITS.items()},
        "readings": range(1, READINGS_MAX + 1),
        "position_options": _options(POSITIONS),
        "site_options": [
            replace(option, hint=_("not this arm"), tone="danger") if option.value.partition("-")[0] in arms else option
            for option in _options(ARMS)
        ],
        "cuff_options": _options(CUFFS),
        "route_options": _options(ROUTES),
        "alert_options": _options(ALERT),
        "oxygen_options": [Option(value="room-air", text=_("Room air")), Option(value="oxygen", text=_("Oxygen"))],
        "pain_options": [Option(value=str(count), text=str(count)) for count in range(11)],
        "devices": [
            Option(value=own, text=name) for own, name, status in devices_of_kind(desk.record, "vitals_monitor") if status == "active"
        ],
        "precaution_options": [
            Option(value=code, text=known.get(f"precaution:{code}", code).capitalize()) for code in sorted(patient.precautions)
        ],
        "supervisors": desk.supervisors("record_vitals") if "technician.junior" in desk.principal.roles else (),
        "back_url": reverse("work", args=[task_id]) if task_id else address("patient", patient.id) or reverse("worklist"),
        "most": desk.now.date().isoformat(),
    }
