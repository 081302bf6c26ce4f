"""A report's results as the components show them, whatever their status, with what people and rules found about each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from django.http import Http404
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts.autoverifying import judgements_of
from benchside.areas.laboratory.acts.resulting import observations_of
from benchside.areas.laboratory.acts.results_kept import Judged, earlier_results, flag_of, judge, value_of
from benchside.areas.laboratory.autoverification import package_autoverification
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.results import AbsentValue, CodedValue, TiterValue
from benchside.areas.laboratory.screens.drawing import words_for
from benchside.areas.laboratory.screens.resulting import ABSENT_WORDS, NO_RANGE_WORDS, delta_words
from benchside.areas.laboratory.screens.wording import unit_shown
from benchside.areas.laboratory.views.quality import value_judged
from benchside.fhir import r4
from benchside.pages.shapes import Prior, Result, ResultFlag, WorkStatus
from benchside.readiness.gathering.kept import TEST, code_of, id_of, load, moment, target_of, words_of
from benchside.readiness.gathering.patients import PatientFacts
from benchside.readiness.staff import staff_name
from benchside.record import Gone, NotFound, Record
from benchside.terms.quantity import Quantity
from benchside.workplace import Desk
from benchside.workplace.outcomes import reader_language

PRIORS_SHOWN: Final = 6
STATUS_SHOWN: Final[dict[str, WorkStatus]] = {
    "registered": "in-analysis",
    "partial": "preliminary",
    "preliminary": "preliminary",
    "final": "final",
    "amended": "amended",
    "corrected": "amended",
    "cancelled": "cancelled",
    "entered-in-error": "cancelled",
}
RELEASED: Final = ("final", "amended", "corrected")


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One result with everything a verifier looks at: its change in words, what the rules of auto-verification said, who entered it."""

    code: str
    observation: str
    result: Result
    status: str
    critical: bool
    delta: str
    entered_by: str
    device: str
    rules: tuple[tuple[str, str], ...]
    rules_passed: bool | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report with its order and results as they stand."""

    report: r4.DiagnosticReport
    order: r4.ServiceRequest
    test: str
    name: str
    results: tuple[r4.Observation, ...]

    @property
    def patient(self) -> str:
        """The patient's id."""
        return id_of(self.report.subject, "Patient")


def report_for(desk: Desk, report_id: str) -> Report:
    """A report with its order and results. Raises Http404."""
    record = desk.record
    try:
        report = load(record, r4.DiagnosticReport, report_id)
        order = load(record, r4.ServiceRequest, next((own for one in report.basedOn or () if (own := id_of(one, "ServiceRequest"))), ""))
    except (NotFound, Gone) as absent:
        raise Http404(str(absent)) from absent
    code = code_of(order.code, TEST)
    catalogue = package_catalogue()
    places = {own: place for place, own in enumerate(catalogue.results_of(code) if code in (*catalogue.tests, *catalogue.panels) else ())}
    results = sorted(observations_of(record, order.id or ""), key=lambda one: places.get(code_of(one.code, TEST), 999))
    return Report(report, order, code, words_for([code]) if code else words_of(order.code), tuple(results))


def line_of(desk: Desk, one: r4.Observation, patient: PatientFacts) -> ReportLine:
    """One result with what was found about it."""
    record, code = desk.record, code_of(one.code, TEST)
    collected = moment(one.effectiveDateTime, record.policy.zone) or desk.now
    judged = _judged(record, one, code, patient, collected)
    last = next(iter(reversed(judgements_of(one))), None)
    current = last if last is not None and last.value == value_judged(one) else None
    words = {rule.number: (rule.es if reader_language() == "es" else rule.en) for rule in package_autoverification().rules}
    widths = {rule.number: rule.widths for rule in package_autoverification().rules}
    return ReportLine(
        code,
        one.id or "",
        result_of(desk, one, patient, collected),
        one.status or "",
        flag_of(one) in ("LL", "HH", "AA"),
        delta_words(judged) if judged is not None else "",
        target_of(one.performer[0]) if one.performer else "",
        id_of(one.device, "Device"),
        tuple((number, words[number].format(widths=widths[number])) for number in current.failed if number in words) if current else (),
        current.passed if current is not None else None,
        tuple(note.text for note in one.note or () if note.text),
    )


def _judged(record: Record, one: r4.Observation, code: str, patient: PatientFacts, collected: datetime) -> Judged | None:
    value, catalogue = value_of(one), package_catalogue()
    if value is None or code not in catalogue.analytes:
        return None
    return judge(record, value, catalogue.analyte(code), patient, collected, catalogue, but=one.id or "")


def result_of(desk: Desk, one: r4.Observation, patient: PatientFacts, collected: datetime) -> Result:
    """A result as the tables show it, exactly with its digits."""
    value, code = value_of(one), code_of(one.code, TEST)
    kept = one.referenceRange[0] if one.referenceRange else None
    low, high = (None if end is None else end.value for end in ((kept.low, kept.high) if kept is not None else (None, None)))
    reason = (kept.text or "").removeprefix("no range: ") if kept is not None and low is None and high is None else ""
    shown = unit = None
    if isinstance(value, Quantity):
        shown, unit = (f"{value.comparator}{value.value:f}" if value.comparator else value.value), ("" if value.unit == "1" else value.unit)
    elif isinstance(value, CodedValue):
        shown = value.code.replace("-", " ")
    elif isinstance(value, TiterValue):
        shown = f"{value.comparator or ''}1:{value.dilution}"
    elif value is not None and not isinstance(value, AbsentValue):
        shown = value.text
    flag = flag_of(one)
    earlier = earlier_results(desk.record, patient.id, code, collected, but=one.id or "")[:PRIORS_SHOWN]
    same = [Prior(value=item.quantity.value, at=item.collected_at) for item in reversed(earlier) if item.quantity.unit == (unit or "1")]
    return Result(
        name=words_for([code]) if code else words_of(one.code),
        value=shown,
        unit=unit_shown(unit or "1") or None,
        flag=next((known for known in get_args(ResultFlag) if known == flag), None),
        low=low,
        high=high,
        range_text=_(NO_RANGE_WORDS[reason]) if reason in NO_RANGE_WORDS else None,
        status=STATUS_SHOWN.get(one.status or "", "preliminary"),
        at=collected,
        priors=tuple(same),
        note=_(ABSENT_WORDS[value.reason]) if isinstance(value, AbsentValue) and value.reason in ABSENT_WORDS else None,
    )


def people(desk: Desk, references: set[str]) -> dict[str, str]:
    """Names of people and devices."""
    return {who: staff_name(desk.record, who) for who in references if who}
