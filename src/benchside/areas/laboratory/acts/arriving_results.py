"""Results that another program sends about an order of ours: flagged, called when critical, put before who ordered.

What `verify_result` does for a result made here follows for one that comes in: the call of a critical value, the task to
read the report, the end of the order and of its work. What was released and changes is told to everybody who knew it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from benchside.areas.laboratory.acts.amending import notices_of, tell_everybody
from benchside.areas.laboratory.acts.arriving import Arriving, analyte_code, is_laboratory, local, name_it, orderable
from benchside.areas.laboratory.acts.arriving_orders import end_work_of
from benchside.areas.laboratory.acts.calling import withdraw_call
from benchside.areas.laboratory.acts.resulting import instant, report_of, start_call, start_review
from benchside.areas.laboratory.acts.results_kept import (
    STATE_OF_STATUS,
    is_flagged_critical,
    judge,
    value_of,
    value_text,
)
from benchside.areas.laboratory.catalogue import NotInCatalogue, package_catalogue
from benchside.areas.laboratory.results import Event, next_state, read_value
from benchside.fhir import r4
from benchside.readiness.gathering.kept import INTERPRETATION, LOINC, TEST, code_of, codes_of, concept, id_of, moment, reference, target_of
from benchside.record import Record
from benchside.terms.quantity import Quantity
from benchside.terms.refusal import Refusal

RELEASED = ("final", "amended", "corrected")
TAKEN_BACK = ("cancelled", "entered-in-error")
EVENTS: dict[str, Event] = {"registered": "enter", "preliminary": "enter", "amended": "amend", "corrected": "correct"}
SAID = frozenset({"subject", "component", "dataAbsentReason", "effectiveDateTime", "effectivePeriod", "specimen"})
"""What a result says besides its value and its code."""
ORDERS_OF_A_RESULT_MAX = 20


def state_refusals(observation: r4.Observation, before: r4.Observation | None) -> tuple[Refusal, ...]:
    """R10 for a write: a released value never goes back, nor changes without saying that it was amended or corrected."""
    now, was = observation.status or "", (before.status if before is not None else None) or "registered"
    if was not in STATE_OF_STATUS or now not in STATE_OF_STATUS or (now == was and (before is None or same_result(observation, before))):
        return ()
    if now == "final":
        return () if was in ("registered", "preliminary") else next_state(STATE_OF_STATUS[was], "enter")[1]
    if now in TAKEN_BACK:
        return next_state(STATE_OF_STATUS[was], "cancel" if was in ("registered", "preliminary") else "mark-error")[1]
    if before is None:
        return ()
    return next_state(STATE_OF_STATUS[was], EVENTS[now])[1]


def same_result(one: r4.Observation, other: r4.Observation) -> bool:
    """Whether two versions say the same of the same test and patient."""
    names = [name for name in one.__struct_fields__ if name.startswith("value") or name in SAID]
    return all(getattr(one, name) == getattr(other, name) for name in names) and codes_of(one.code, LOINC) == codes_of(other.code, LOINC)


def results_arrived(arriving: Arriving) -> tuple[Refusal, ...]:
    """Judge the laboratory's results of a commit and write what follows; the reasons against (with any, nothing may be written)."""
    changed = [one for one in arriving.of_type(r4.Observation) if is_laboratory(one)]
    refusals = [reason for one in changed for reason in state_refusals(one, arriving.earlier(one))]
    if refusals:
        return tuple(refusals)
    reports = [one for one in arriving.of_type(r4.DiagnosticReport) if is_laboratory(one)]
    by_order: dict[str, list[r4.Observation]] = {}
    for one in changed:
        for order in _orders_of(one, reports):
            by_order.setdefault(order, []).append(one)
    for report in reports:
        for based in report.basedOn or ():
            by_order.setdefault(id_of(based, "ServiceRequest"), [])
    for order_id, observations in by_order.items():
        order = arriving.find(r4.ServiceRequest, order_id) if order_id else None
        if order is None or not orderable(order.code):
            continue
        sent = [one for one in reports if _is_for(one, order_id)]
        if any(target_of(one.subject) != target_of(order.subject) for one in (*observations, *sent)):
            refusals.append(Refusal("identification.other-patient"))
            continue
        _ResultsOfOrder(arriving, order, observations).follow(sent)
    return tuple(dict.fromkeys(refusals))


def _orders_of(observation: r4.Observation, reports: Sequence[r4.DiagnosticReport]) -> list[str]:
    """The orders a result answers: its own, or those of the report that lists it."""
    if not observation.basedOn and not reports:
        return []
    own = [id_of(based, "ServiceRequest") for based in observation.basedOn or ()]
    if not any(own):
        place = f"Observation/{observation.id}"
        listing = [one for one in reports if any((line.reference or "") == place for line in one.result or ())]
        own = [id_of(based, "ServiceRequest") for report in listing for based in report.basedOn or ()]
    return list(dict.fromkeys(order for order in own if order))[:ORDERS_OF_A_RESULT_MAX]


def _is_for(report: r4.DiagnosticReport, order_id: str) -> bool:
    return any(id_of(based, "ServiceRequest") == order_id for based in report.basedOn or ())


@dataclass(frozen=True, slots=True)
class _ResultsOfOrder:
    """The results of one order that come in one commit."""

    arriving: Arriving
    order: r4.ServiceRequest
    observations: list[r4.Observation]

    def follow(self, sent: Sequence[r4.DiagnosticReport]) -> None:
        """Name, flag, call, report, end the order."""
        for one in self.observations:
            name_it(one.code, analyte_code(one.code))
        for report in sent:
            name_it(report.code, orderable(report.code))
        critical = [one for one in self.observations if self._is_critical(one)]
        told = self._told()
        news = [one for one in self.observations if one.status in told and not self._was_released(one)]
        corrected = [one for one in self.observations if self._was_released(one) and not self._is_unchanged(one)]
        report = self._report(sent)
        for one in corrected:
            self._corrected(one, report)
        calling = [one for one in news if not self._has_call(one)]
        for one in [*calling, *(one for one in corrected if one.status in RELEASED)]:
            if one in critical:
                start_call(self.arriving.performed, self.arriving.performance, one, self._asked())
        self._end_order(sent)
        if news or corrected or any(one.status in told and not self._was_told(one) for one in sent):
            performance = self.arriving.performance
            start_review(self.arriving.performed, performance.record, performance, report, self._asked(), [*news, *corrected])

    def _told(self) -> tuple[str, ...]:
        # A person's preliminary result waits for verification here; a program's was let out by whoever sent it.
        return RELEASED if self.arriving.performance.principal.kind == "person" else ("preliminary", *RELEASED)

    def _asked(self) -> r4.ServiceRequest:
        """The order as tasks speak of it: a requester outside this record has no inbox here."""
        return self.order if local(self.order.requester) else msgspec.structs.replace(self.order, requester=None)

    def _was_released(self, one: r4.Observation) -> bool:
        before = self.arriving.earlier(one)
        return before is not None and before.status in RELEASED

    def _was_told(self, report: r4.DiagnosticReport) -> bool:
        before = self.arriving.earlier(report)
        return before is not None and before.status == report.status

    def _is_unchanged(self, one: r4.Observation) -> bool:
        before = self.arriving.earlier(one)
        return before is not None and before.status == one.status and same_result(one, before)

    def _has_call(self, one: r4.Observation) -> bool:
        rows = self.arriving.performance.record.engine.rows(
            "SELECT words FROM work_row WHERE focus = ? AND kind = 'call-critical' AND status <> 'cancelled' LIMIT 20",
            (f"Observation/{one.id}",),
        )
        return any(row[0].endswith(value_text(one)) for row in rows)

    def _is_critical(self, one: r4.Observation) -> bool:
        """Flag a value by our own limits where the sender did not; theirs stays, and either one makes it critical."""
        patient, code = self.arriving.patient(id_of(one.subject, "Patient")), code_of(one.code, TEST)
        value = value_of(one)
        if patient is None or not code or not isinstance(value, Quantity):
            return is_flagged_critical(one)
        performance, catalogue = self.arriving.performance, package_catalogue()
        analyte = catalogue.analyte(code)
        read, faults = read_value(f"{value.comparator or ''}{value.value:f}", analyte, unit=value.unit, door="instrument")
        if read is None or faults:
            return is_flagged_critical(one)
        collected = moment(one.effectiveDateTime, performance.record.policy.zone) or performance.at
        judged = judge(performance.record, read, analyte, patient, collected, catalogue, but=one.id or "")
        flag = "AA" if judged.critical and judged.interpretation.flag not in ("LL", "HH") else judged.interpretation.flag
        if one.interpretation is None and flag:
            one.interpretation = [concept(INTERPRETATION, flag)]
        return judged.critical or is_flagged_critical(one)

    def _corrected(self, one: r4.Observation, report: r4.DiagnosticReport) -> None:
        arriving, before = self.arriving, self.arriving.earlier(one)
        name = one.code.text or "" if one.code is not None else ""
        was, now = value_text(before), "is not valid" if one.status in TAKEN_BACK else f"changed to {value_text(one)}"
        notices = tuple(notice for notice in notices_of(arriving.performance.record, before, report, self._asked()) if "/" in notice.person)
        tell_everybody(arriving.performed, arriving.performance, notices, one, f"{name} {was}: {now}".strip())
        withdraw_call(arriving.performed, arriving.performance, one.id or "", now)

    def _report(self, sent: Sequence[r4.DiagnosticReport]) -> r4.DiagnosticReport:
        """The report that speaks of these results: the sender's, the one that is there, or a new one of ours."""
        arriving = self.arriving
        kept = report_of(arriving.performance.record, self.order.id or "")
        kept = arriving.find(r4.DiagnosticReport, kept.id or "") if kept is not None else None
        if sent:
            if kept is not None and not kept.result and all(one.id != kept.id for one in sent):
                kept.status = "cancelled"  # ours was waiting for results, and they came with a report of their own
                arriving.put(kept)
            return sent[0]
        order = self.order
        report = kept or r4.DiagnosticReport(
            status="registered",
            code=order.code or r4.CodeableConcept(text="unnamed test"),
            subject=order.subject,
            basedOn=[reference(f"ServiceRequest/{order.id}")],
        )
        listed = {line.reference for line in report.result or ()}
        added = [reference(f"Observation/{one.id}") for one in self.observations if f"Observation/{one.id}" not in listed]
        report.result = [*(report.result or ()), *added] or None
        released = any(one.status in RELEASED for one in self.observations)
        report.status = ("final" if released else "preliminary") if self._is_complete() else "partial"
        if any(self._was_released(one) and not self._is_unchanged(one) for one in self.observations):
            report.status = "corrected"
        report.issued = instant(arriving.performance.at) if released else report.issued
        report.effectiveDateTime = report.effectiveDateTime or next(
            (one.effectiveDateTime for one in self.observations if one.effectiveDateTime), None
        )
        if kept is None:
            arriving.create(report)
        else:
            arriving.put(report)
        return report

    def _is_complete(self, *statuses: str) -> bool:
        """Whether every result that the order asks for is there in one of these statuses (any that counts, when none is named)."""
        catalogue, wanted = package_catalogue(), statuses or ("preliminary", *RELEASED)
        try:
            asked: tuple[str, ...] = catalogue.results_of(orderable(self.order.code))
        except NotInCatalogue:
            asked = ()
        there = {code_of(one.code, TEST) for one in self.observations if one.status in wanted}
        there |= _kept_results(self.arriving.performance.record, self.order.id or "", {one.id or "" for one in self.observations}, wanted)
        return bool(asked) and all(code in there for code in asked if catalogue.analyte(code).formula is None)

    def _end_order(self, sent: Sequence[r4.DiagnosticReport]) -> None:
        """A whole released answer completes the order; work that is still open for it has nothing left to do."""
        if self.order.status == "active" and (self._is_complete(*RELEASED) or any(one.status == "final" for one in sent)):
            self.order.status = "completed"
            self.arriving.put(self.order)
            end_work_of(self.arriving, [self.order.id or ""], "order-completed")


def _kept_results(record: Record, order_id: str, but: set[str], statuses: Sequence[str]) -> set[str]:
    rows = record.engine.rows("SELECT id, test, status FROM result_row WHERE order_id = ? LIMIT 500", (order_id,))
    return {row[1] for row in rows if row[0] not in but and row[2] in statuses}
