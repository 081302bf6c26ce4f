"""The bench: which results are owed, and entering them: the panel as one form, judged by the server while it is typed."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts import EnteredValue, enter_result
from benchside.areas.laboratory.acts.resulting import EnteredResults, observations_of
from benchside.areas.laboratory.acts.results_kept import (
    Judged,
    earlier_results,
    judge,
    numeric_values,
    rule_patient,
    value_of,
)
from benchside.areas.laboratory.calculations import calculate
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.results import ABSENT_REASONS, AbsentValue, CodedValue, Earlier, Value, range_for, read_value
from benchside.areas.laboratory.screens.bench_devices import device_choices, lots_posted
from benchside.areas.laboratory.screens.drawing import drawn, words_for, wrong
from benchside.areas.laboratory.screens.receiving import TECHNICIANS
from benchside.areas.laboratory.screens.rows import row_patients
from benchside.areas.laboratory.screens.wording import unit_shown
from benchside.areas.laboratory.views.waiting import to_enter
from benchside.areas.laboratory.words import Analyte, ReferenceRange
from benchside.fhir import r4
from benchside.pages.codes import N_
from benchside.pages.shapes import FieldError, Option, Reason, Tab
from benchside.readiness.gathering.kept import TEST, code_of, id_of, load
from benchside.readiness.gathering.patients import PatientFacts, patient_facts
from benchside.record import Gone, NotFound
from benchside.record.keys import moment as moment_of_us
from benchside.terms.quantity import Quantity, rounded
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language

SECTIONS: Final = {
    "chemistry": N_("Chemistry"),
    "urgent_chemistry": N_("Urgent chemistry"),
    "hematology": N_("Hematology"),
    "coagulation": N_("Coagulation"),
    "endocrine": N_("Hormones"),
    "immunology": N_("Immunology"),
    "urine": N_("Urine"),
    "blood_gas": N_("Blood gas"),
    "microbiology": N_("Microbiology"),
    "blood_bank": N_("Blood bank"),
}
ABSENT_WORDS: Final = {"not-performed": N_("Not performed"), "error": N_("Measurement failed"), "unknown": N_("Could not be determined")}
NO_RANGE_WORDS: Final = {
    "no-range": N_("no range"),
    "age-unknown": N_("no range: age unknown"),
    "sex-unknown": N_("no range: sex unknown"),
    "not-for-this-age": N_("no range for this age"),
    "condition-unknown": N_("no range: fasting unknown"),
}


@screen("bench", methods=("GET",), roles=TECHNICIANS)
def bench(desk: Desk) -> HttpResponse:
    """Everything whose material is here and whose results are owed, the most pressing first; by section and by test."""
    section, test = desk.request.GET.get("section", ""), desk.request.GET.get("test", "")
    catalogue = package_catalogue()
    section = section if section in SECTIONS else ""
    test = test if test in catalogue.tests or test in catalogue.panels else ""
    waiting = to_enter(desk.record, section=section, test=test)
    patients = row_patients(desk, [one.patient for one in waiting])
    tabs = [Tab(text=_("All"), url=reverse("bench"), current=not section and not test)]
    tabs += [Tab(text=_(words), url=f"{reverse('bench')}?section={code}", current=section == code) for code, words in SECTIONS.items()]
    return drawn(
        desk,
        "bench",
        page=desk.page(_("Bench")),
        tabs=tabs,
        test=words_for([test]) if test else "",
        rows=[(one, patients.get(one.patient), words_for([one.test]) if one.test else one.name) for one in waiting],
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One analyte of the form: its words, range, what it was before, and what stands there already."""

    code: str
    name: str
    unit: str
    kind: str
    answers: tuple[Option, ...]
    calculated: bool
    range_words: str
    prior: Earlier | None
    standing: str
    decimals: int | None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the server says of one value as typed: why it cannot be taken, its flag, whether it is critical, and its change."""

    code: str
    value: str
    reasons: tuple[Reason, ...] = ()
    flag: str | None = None
    judged: bool = False
    critical: bool = False
    delta: str = ""
    absent: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """An order at the bench: what it is for, whom, and which tubes are here."""

    order: r4.ServiceRequest
    code: str
    analytes: tuple[Analyte, ...]
    patient: PatientFacts
    tubes: tuple[tuple[str, str, datetime | None], ...]
    standing: dict[str, r4.Observation]

    @property
    def collected(self) -> datetime | None:
        """When the first of its tubes was collected."""
        return next((at for _own, _label, at in self.tubes if at is not None), None)


def owed(desk: Desk, order_id: str) -> Owed:
    """The order as the bench sees it. Raises Http404 for one that is not the laboratory's."""
    record, catalogue = desk.record, package_catalogue()
    try:
        order = load(record, r4.ServiceRequest, order_id)
        patient = patient_facts(record, id_of(order.subject, "Patient"), desk.now)
    except (NotFound, Gone) as absent:
        raise Http404(str(absent)) from absent
    code = code_of(order.code, TEST)
    if code not in catalogue.tests and code not in catalogue.panels:
        raise Http404("The laboratory has no such test.")
    rows = record.engine.rows(
        "SELECT s.id, s.accession, s.collected_us FROM specimen_order so JOIN specimen_row s ON s.id = so.specimen "
        "WHERE so.order_id = ? AND s.state = 'received' AND s.tests <> '' ORDER BY s.received_us DESC, s.id LIMIT 20",
        (order_id,),
    )
    tubes = tuple((own, label, moment_of_us(at) if at is not None else None) for own, label, at in rows)
    standing = {
        code_of(one.code, TEST): one for one in observations_of(record, order_id) if one.status not in ("cancelled", "entered-in-error")
    }
    return Owed(order, code, tuple(catalogue.analyte(own) for own in catalogue.results_of(code)), patient, tubes, standing)


def range_words(analyte: Analyte, patient: PatientFacts, on: date) -> str:
    """The range that holds for this patient, or why there is none: never "normal"."""
    found = range_for(analyte, rule_patient(patient), on)
    if not isinstance(found, ReferenceRange):
        return _(NO_RANGE_WORDS[found])
    low, high = (None if end is None else f"{end:f}" for end in (found.low, found.high))
    words = f"{low} – {high}" if low and high else f"≥ {low}" if low else f"≤ {high}"
    return _("limit %(range)s") % {"range": words} if found.decision else words


def lines_of(desk: Desk, found: Owed) -> tuple[Line, ...]:
    """The lines of the form, in the order of the report."""
    collected = found.collected or desk.now
    on = collected.astimezone(desk.record.policy.zone).date()
    language = reader_language()
    lines: list[Line] = []
    for analyte in found.analytes:
        known = found.standing.get(analyte.code)
        earlier = earlier_results(desk.record, found.patient.id, analyte.code, collected, but=(known.id or "") if known is not None else "")
        lines.append(
            Line(
                analyte.code,
                analyte.name.text(language),
                unit_shown(analyte.unit),
                analyte.kind,
                tuple(Option(value=answer, text=answer.replace("-", " ")) for answer in analyte.answers),
                analyte.formula is not None,
                range_words(analyte, found.patient, on) if analyte.kind == "numeric" else "",
                earlier[0] if earlier else None,
                text_of_value(value_of(known)) if known is not None else "",
                analyte.decimals,
            )
        )
    return tuple(lines)


def text_of_value(value: Value | None) -> str:
    """A value as it is typed."""
    match value:
        case Quantity():
            return f"{value.comparator or ''}{value.value:f}"
        case CodedValue():
            return value.code
        case AbsentValue() | None:
            return ""
    return f"1:{value.dilution}" if hasattr(value, "dilution") else value.text  # type: ignore[union-attr]  # a titer or words


def opinions_of(desk: Desk, found: Owed) -> dict[str, Opinion]:
    """What the server says of every value typed, and of those that follow from them."""
    collected = found.collected or desk.now
    on = collected.astimezone(desk.record.policy.zone).date()
    opinions: dict[str, Opinion] = {}
    numbers = numeric_values(list(found.standing.values()))
    for analyte in found.analytes:
        text = desk.request.POST.get(f"v_{analyte.code}", "").strip()
        absent = desk.request.POST.get(f"a_{analyte.code}", "")
        if analyte.formula is not None or (not text and not absent):
            continue
        if not text and absent in ABSENT_REASONS:
            opinions[analyte.code] = Opinion(analyte.code, "", absent=_(ABSENT_WORDS[absent]))
            numbers.pop(analyte.code, None)
            continue
        value, refusals = read_value(text, analyte)
        if value is None:
            opinions[analyte.code] = Opinion(analyte.code, text, desk.reasons(refusals))
            numbers.pop(analyte.code, None)
            continue
        if isinstance(value, Quantity) and value.comparator is None:
            numbers[analyte.code] = value.value
        opinions[analyte.code] = _opinion(desk, found, analyte, value, collected)
    for analyte in found.analytes:
        worked_out = calculate(analyte.formula, numbers, rule_patient(found.patient), on) if analyte.formula is not None else None
        if worked_out is not None:
            exact = rounded(worked_out, analyte.decimals) if analyte.decimals is not None else worked_out
            opinions[analyte.code] = _opinion(desk, found, analyte, Quantity(exact, analyte.unit), collected)
    return opinions


def _opinion(desk: Desk, found: Owed, analyte: Analyte, value: Value, collected: datetime) -> Opinion:
    known = found.standing.get(analyte.code)
    but = (known.id or "") if known is not None else ""
    judged = judge(desk.record, value, analyte, found.patient, collected, package_catalogue(), but=but)
    flag = judged.interpretation.flag
    if judged.critical and flag not in ("LL", "HH"):
        flag = "AA"
    return Opinion(analyte.code, text_of_value(value), (), flag, judged=True, critical=judged.critical, delta=delta_words(judged))


def delta_words(judged: Judged) -> str:
    """The change since the last result in words, "" when it is within its limit or there is nothing to compare."""
    delta = judged.delta
    if delta is None or not delta.exceeded:
        return ""
    words = {"absolute": _("Changed by %(change)s since the last result; limit %(limit)s.")}
    words["percent"] = _("Changed by %(change)s %% since the last result; limit %(limit)s %%.")
    words["rate"] = _("Changed by %(change)s %% a day since the last result; limit %(limit)s %%.")
    return words[delta.mode] % {"change": rounded(delta.change, 1), "limit": delta.limit}


@screen("bench", methods=("POST",), roles=TECHNICIANS)
def check(desk: Desk, order_id: str) -> HttpResponse:
    """What the server says of the values while they are typed. Nothing is kept."""
    found = owed(desk, order_id)
    return drawn(
        desk,
        "judged",
        lines=lines_of(desk, found),
        opinions=opinions_of(desk, found),
        only=desk.request.GET.get("analyte", ""),
    )


@screen("bench", roles=TECHNICIANS)
def enter(desk: Desk, order_id: str) -> HttpResponse:
    """Enter the results of an order measured in a received tube. A second person verifies them."""
    found = owed(desk, order_id)
    patient = desk.patient(found.patient.id)
    lines = lines_of(desk, found)
    devices = device_choices(desk, [analyte.code for analyte in found.analytes if analyte.formula is None])
    usable = [one.id for one in devices if not one.reasons]
    values: dict[str, str | tuple[str, ...]] = {f"v_{line.code}": line.standing for line in lines}
    values |= {"specimen": found.tubes[0][0] if found.tubes else "", "device": usable[0] if usable else ""}
    values["lot"] = next((one.first_lots for one in devices if one.id == values["device"]), ())
    form = desk.form(f"result:ServiceRequest/{order_id}", patient=patient.reference, values=values)
    reasons, status, opinions = (), 200, dict[str, Opinion]()
    if desk.request.method == "POST":
        opinions = opinions_of(desk, found)
        entered = entered_values(desk, found)
        lots, errors = lots_posted(desk)
        errors = [*_errors(desk, opinions, entered, lines), *errors]
        outcome = (
            wrong(desk, form, errors)
            if errors
            else desk.act(
                form,
                lambda performance: enter_result(
                    performance,
                    order_id,
                    desk.request.POST["specimen"],
                    entered,
                    device=desk.request.POST.get("device", ""),
                    lots=lots,
                    comment=desk.request.POST.get("comment", ""),
                ),
                patient=patient.reference,
            )
        )
        if outcome.answer is not None:
            text, tone = done_words(outcome.answer)
            return desk.done(reverse("bench"), text, tone="warning" if tone else "good")
        form, reasons, status = outcome.form, outcome.reasons, outcome.status
    return drawn(
        desk,
        "enter",
        status=status,
        page=desk.page(_("Enter %(test)s") % {"test": words_for([found.code])}),
        patient=patient,
        form=form,
        reasons=reasons,
        found=found,
        test=words_for([found.code]),
        lines=lines,
        opinions=opinions,
        devices=devices,
        tubes=tuple(Option(value=own, text=label) for own, label, _at in found.tubes),
        absent=tuple(Option(value=code, text=_(words)) for code, words in ABSENT_WORDS.items()),
        check_url=reverse("check-result", args=[order_id]),
        supervisors=desk.supervisors("enter_result") if desk.performer.level == "junior" else (),
        collected=found.collected,
    )


def _errors(desk: Desk, opinions: dict[str, Opinion], entered: list[EnteredValue], lines: tuple[Line, ...]) -> list[FieldError]:
    """What is to be corrected before anything can be entered."""
    errors = [
        FieldError(field=f"v_{code}", message=f"{one.reasons[0].words} {one.reasons[0].remedy}")
        for code, one in opinions.items()
        if one.reasons
    ]
    if not entered:
        errors.append(FieldError(field=f"v_{lines[0].code}", message=_("Enter at least one value.")))
    if not desk.request.POST.get("specimen"):
        errors.append(FieldError(field="specimen", message=_("Choose the tube that was measured.")))
    return errors


def entered_values(desk: Desk, found: Owed) -> list[EnteredValue]:
    """What was typed; lines left empty are left for later."""
    entered: list[EnteredValue] = []
    for analyte in found.analytes:
        text = desk.request.POST.get(f"v_{analyte.code}", "").strip()
        absent = desk.request.POST.get(f"a_{analyte.code}", "")
        if analyte.formula is None and (text or absent):
            entered.append(EnteredValue(analyte.code, text, absent="" if text else absent))
    return entered


def done_words(answer: EnteredResults) -> tuple[str, bool]:
    """What to say after an entry, and whether it asks for haste."""
    critical = [words_for([line.analyte]) + f" {line.value}" for line in answer.lines if line.critical]
    delta = [words_for([line.analyte]) for line in answer.lines if line.delta_exceeded]
    text = _("Entered. Somebody else verifies it.") if answer.complete else _("Entered in part. The rest of the order still waits.")
    if critical:
        text += " " + _("Critical: %(values)s. Ask for verification now.") % {"values": "; ".join(critical)}
    if delta:
        text += " " + _("Large change: %(tests)s.") % {"tests": ", ".join(delta)}
    return text, bool(critical or delta)
