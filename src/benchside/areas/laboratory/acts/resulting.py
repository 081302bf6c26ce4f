"""Results: entering them, and verifying them with a second pair of eyes, which releases the report and starts what follows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from benchside.areas.laboratory.acts.ordering import stage_due
from benchside.areas.laboratory.acts.results_kept import (
    LABORATORY,
    STATE_OF_STATUS,
    Judged,
    code_of_analyte,
    flag_of,
    is_flagged_critical,
    judge,
    numeric_values,
    put_value,
    rule_patient,
    value_of,
    value_text,
)
from benchside.areas.laboratory.calculations import calculate
from benchside.areas.laboratory.catalogue import NotInCatalogue, package_catalogue
from benchside.areas.laboratory.results import ABSENT_REASONS, AbsentValue, ToVerify, Value, next_state, read_value, reasons_not_to_verify
from benchside.areas.laboratory.views.specimens import REPORT_OPEN, specimen_state, tests_of_specimen
from benchside.areas.laboratory.words import Analyte
from benchside.fhir import r4
from benchside.readiness.facts import Equipment, Lot
from benchside.readiness.gathering.critical_calls import critical_call
from benchside.readiness.gathering.equipment import equipment_of, lot_extension, lots_of
from benchside.readiness.gathering.kept import (
    TEST,
    code_of,
    date_time,
    extension_values,
    id_of,
    load,
    moment,
    reference,
    target_of,
    version_of,
)
from benchside.readiness.gathering.lots import as_it_stands
from benchside.readiness.gathering.orders import open_work_on, order_fact, settled_series
from benchside.readiness.gathering.patients import PatientFacts, patient_facts
from benchside.readiness.gathering.tasks import end, new_task
from benchside.readiness.performing import Performance, Performed, act, facts_for, perform
from benchside.record import Record, VersionConflict
from benchside.record.resource_id import new_id
from benchside.terms.quantity import Quantity, rounded
from benchside.terms.refusal import Refusal

VALUES_MAX = 100


@dataclass(frozen=True, slots=True)
class EnteredValue:
    """What was typed for one analyte; `unit` only when it is not the analyte's own; `absent` says why there is no value."""

    analyte: str
    text: str
    unit: str | None = None
    absent: str = ""


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One result after the act: flag "" when no range says; `delta_exceeded` asks for a second look before verification."""

    analyte: str
    observation: str
    value: str
    flag: str
    critical: bool
    delta_exceeded: bool


@dataclass(frozen=True, slots=True)
class EnteredResults:
    """The report that waits for verification, its lines, and whether every result of the order is there."""

    report: str
    lines: tuple[ResultLine, ...]
    complete: bool


def observations_of(record: Record, order_id: str) -> list[r4.Observation]:
    """The results of an order, whatever their status."""
    rows = record.engine.rows(f"SELECT id FROM result_row WHERE order_id = ? ORDER BY id LIMIT {VALUES_MAX}", (order_id,))
    return [load(record, r4.Observation, row[0]) for row in rows]


def report_of(record: Record, order_id: str) -> r4.DiagnosticReport | None:
    """The order's report, or None when its material has not come."""
    rows = record.engine.rows(
        "SELECT id FROM report_row WHERE order_id = ? AND status NOT IN ('cancelled', 'entered-in-error') ORDER BY id LIMIT 1", (order_id,)
    )
    return load(record, r4.DiagnosticReport, rows[0][0]) if rows else None


def _read(
    values: Sequence[EnteredValue], order: r4.ServiceRequest, standing: dict[str, r4.Observation]
) -> tuple[dict[str, Value], list[Refusal]]:
    catalogue, code = package_catalogue(), code_of(order.code, TEST)
    refusals = [] if 0 < len(values) <= VALUES_MAX else [Refusal("results.count", {"limit": VALUES_MAX})]
    try:
        expected: tuple[str, ...] = catalogue.results_of(code)
    except NotInCatalogue:
        expected = ()
    read: dict[str, Value] = {}
    for entered in values[:VALUES_MAX]:
        about = {"test": f"test:{entered.analyte}"}
        if entered.analyte not in expected:
            refusals.append(Refusal("results.analyte.other-order", about))
            continue
        if entered.analyte in read:
            refusals.append(Refusal("results.analyte.twice", about))
        known = standing.get(entered.analyte)
        refusals += next_state(STATE_OF_STATUS[known.status or "registered"] if known is not None else "registered", "enter")[1]
        if entered.absent in ABSENT_REASONS and not entered.text.strip():
            read[entered.analyte] = AbsentValue(entered.absent)
            continue
        value, faults = read_value(entered.text, catalogue.analyte(entered.analyte), unit=entered.unit)
        refusals += faults
        if value is not None:
            read[entered.analyte] = value
    return read, refusals


def _material_refusals(specimen: r4.Specimen, order: r4.ServiceRequest) -> list[Refusal]:
    """M1: the material is in the laboratory, was not rejected, and holds a test of this order."""
    state = specimen_state(specimen)
    if state != "received":
        return [Refusal("results.specimen.state", {"state": f"specimen-state:{state}"})]
    tests = set(package_catalogue().tests_of([code_of(order.code, TEST)]))
    return [] if tests & set(tests_of_specimen(specimen)) else [Refusal("results.specimen.other-tests")]


@act("enter_result")
def enter_result(
    performance: Performance,
    order_id: str,
    specimen_id: str,
    values: Sequence[EnteredValue],
    *,
    device: str = "",
    lots: Sequence[Lot] = (),
    comment: str = "",
) -> EnteredResults:
    """Enter results of an order measured in a received tube; calculated ones follow by themselves. Not released by this.

    `device` is the analyser's id and `lots` its reagents: the gate asks about them when the result is verified. Entering
    again before verification replaces the value. Raises ActRefused, NotFound.
    """
    record, catalogue = performance.record, package_catalogue()
    order, specimen = load(record, r4.ServiceRequest, order_id), load(record, r4.Specimen, specimen_id)
    patient = patient_facts(record, id_of(order.subject, "Patient"), performance.at)
    standing = {
        code_of(one.code, TEST): one for one in observations_of(record, order_id) if one.status not in ("cancelled", "entered-in-error")
    }
    read, refusals = _read(values, order, standing)
    further = [*_material_refusals(specimen, order), *refusals]
    if target_of(specimen.subject) != target_of(order.subject):
        further.append(Refusal("identification.other-patient"))
    facts = facts_for(
        performance,
        order=order_fact(order, record.policy.zone),
        equipment=(equipment_of(record, device, tests=list(read)),) if device else (),
        lots=tuple(lots),
    )
    collected = moment(specimen.collection.collectedDateTime, record.policy.zone) if specimen.collection is not None else None
    with perform(
        performance, "enter_result", facts, further=further, patient=patient.reference, focus=f"ServiceRequest/{order_id}"
    ) as performed:
        writer = _Entry(performance, performed, order, specimen, patient, collected or performance.at, device, tuple(lots), comment)
        lines = [writer.put(catalogue.analyte(code), value, standing) for code, value in read.items()]
        lines += writer.calculated(standing)
        complete = all(
            code in standing for code in catalogue.results_of(code_of(order.code, TEST)) if catalogue.analyte(code).formula is None
        )
        report = writer.report(standing, complete=complete)
        _ask_for_autoverification(report)
    return EnteredResults(report, tuple(lines), complete)


def _ask_for_autoverification(report_id: str) -> None:
    """Queue the rules' judgement in the entry's own transaction."""
    from benchside.areas.laboratory.tasks import judge_entered  # it imports the acts

    judge_entered.enqueue(report_id)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of results while it is written."""

    performance: Performance
    performed: Performed
    order: r4.ServiceRequest
    specimen: r4.Specimen
    patient: PatientFacts
    collected: datetime
    device: str
    lots: tuple[Lot, ...]
    comment: str

    def put(self, analyte: Analyte, value: Value, standing: dict[str, r4.Observation]) -> ResultLine:
        """Write one result, new or in place of the one that was entered before."""
        known = standing.get(analyte.code)
        judged = judge(
            self.performance.record,
            value,
            analyte,
            self.patient,
            self.collected,
            package_catalogue(),
            but=(known.id or "") if known is not None else "",
        )
        observation = known or r4.Observation(
            id=new_id(),
            status="preliminary",
            category=[LABORATORY],
            code=code_of_analyte(analyte),
            subject=self.order.subject,
            basedOn=[reference(f"ServiceRequest/{self.order.id}")],
            encounter=self.order.encounter,
        )
        put_value(observation, value, judged)
        observation.status = "preliminary"
        observation.specimen = reference(f"Specimen/{self.specimen.id}")
        observation.effectiveDateTime = date_time(self.collected)
        own = self.performance.author  # an analyzer that answers by itself is the device, which R4 does not have as a performer
        observation.performer = [reference(own)] if not own.startswith("Device/") else None
        observation.device = reference(f"Device/{self.device}") if self.device else None
        judged_before = extension_values(observation, "autoverification")  # what was said of the value before stays told
        observation.extension = [*judged_before, *(lot_extension(lot) for lot in self.lots)] or None
        observation.note = [r4.Annotation(text=self.comment)] if self.comment.strip() else observation.note
        if known is None:
            self.performed.create(observation, id=observation.id)
        else:
            self.performed.update(observation)
        standing[analyte.code] = observation
        return line_of(observation, judged)

    def calculated(self, standing: dict[str, r4.Observation]) -> list[ResultLine]:
        """Work out what follows from the values that are there; what no longer follows is cancelled."""
        catalogue, lines = package_catalogue(), list[ResultLine]()
        numbers = numeric_values(list(standing.values()))
        on = self.collected.astimezone(self.performance.record.policy.zone).date()
        for code in catalogue.results_of(code_of(self.order.code, TEST)):
            analyte = catalogue.analyte(code)
            if analyte.formula is None:
                continue
            value = calculate(analyte.formula, numbers, rule_patient(self.patient), on)
            if value is not None:
                exact = rounded(value, analyte.decimals) if analyte.decimals is not None else value
                lines.append(self.put(analyte, Quantity(exact, analyte.unit), standing))
        return lines

    def report(self, standing: dict[str, r4.Observation], *, complete: bool) -> str:
        """Bring the order's report up to what is there."""
        known = report_of(self.performance.record, self.order.id or "")
        code = self.order.code or r4.CodeableConcept(text="unnamed test")
        report = known or r4.DiagnosticReport(
            status="registered", code=code, subject=self.order.subject, basedOn=[reference(f"ServiceRequest/{self.order.id}")]
        )
        report.status = "preliminary" if complete else "partial"
        report.result = [reference(f"Observation/{one.id}") for one in standing.values()]
        report.specimen = [reference(f"Specimen/{self.specimen.id}")]
        report.effectiveDateTime = date_time(self.collected)
        if known is None:
            return self.performed.create(report).partition("/")[2]
        self.performed.update(report)
        return report.id or ""


def line_of(observation: r4.Observation, judged: Judged | None = None) -> ResultLine:
    """An observation as the acts answer it."""
    exceeded = judged is not None and judged.delta is not None and judged.delta.exceeded
    return ResultLine(
        code_of(observation.code, TEST),
        observation.id or "",
        value_text(observation),
        flag_of(observation),
        is_flagged_critical(observation),
        exceeded,
    )


@dataclass(frozen=True, slots=True)
class Verified:
    """What verification released: the report's status, its lines, the orderer's task, and a call for every critical value."""

    report: str
    status: str
    lines: tuple[ResultLine, ...]
    review: str
    calls: tuple[str, ...]


@act("verify_result")
def verify_result(
    performance: Performance, report_id: str, *, delta_reviewed: Sequence[str] = (), seen_version: int | None = None
) -> Verified:
    """Verify and release every entered result of a report: final, to the orderer's inbox, with a call for each critical value.

    `delta_reviewed` names the analytes whose change somebody has looked at; `seen_version` is the report the verifier saw.
    Raises ActRefused (the gate asks for another person than who entered), VersionConflict, NotFound.
    """
    record = performance.record
    report = load(record, r4.DiagnosticReport, report_id)
    if seen_version is not None and seen_version != version_of(report):
        raise VersionConflict("DiagnosticReport", report_id, seen_version, version_of(report))
    order_id = next((own for based in report.basedOn or () if (own := id_of(based, "ServiceRequest"))), "")
    order = load(record, r4.ServiceRequest, order_id)
    patient = patient_facts(record, id_of(report.subject, "Patient"), performance.at)
    every = observations_of(record, order_id)
    entered = [one for one in every if one.status == "preliminary"]
    further, judged = _verification(record, entered, patient, performance, frozenset(delta_reviewed))
    if not entered or report.status not in REPORT_OPEN:
        further = [*further, Refusal("results.verify.nothing")]
    facts = facts_for(
        performance,
        earlier=_entered_by(entered, performance.author),
        equipment=devices_of(record, entered),
        lots=tuple(dict.fromkeys(as_it_stands(record, lot) for one in entered for lot in lots_of(one))),
    )
    with perform(
        performance, "verify_result", facts, further=further, patient=patient.reference, focus=f"DiagnosticReport/{report_id}"
    ) as performed:
        for one in entered:
            one.status, one.issued = "final", instant(performance.at)
            performed.update(one)
        complete = _is_complete(order, every)
        report.status = "final" if complete else "partial"
        report.issued = instant(performance.at)
        report.resultsInterpreter = [reference(performance.author)]
        performed.update(report)
        if complete:
            order.status = "completed"
            for done in (order, *settled_series(record, [order])):
                performed.update(done)
        calls = [start_call(performed, performance, one, order) for one in entered if is_flagged_critical(one)]
        review = start_review(performed, record, performance, report, order, entered)
    return Verified(report_id, report.status, tuple(line_of(one, judged.get(one.id or "")) for one in entered), review, tuple(calls))


def devices_of(record: Record, entered: Sequence[r4.Observation]) -> tuple[Equipment, ...]:
    """The devices of these results, each as the controls of the tests measured on it stand."""
    tests: dict[str, list[str]] = {}
    for one in entered:
        if own := id_of(one.device, "Device"):
            tests.setdefault(own, []).extend([] if is_calculated(one) else [code_of(one.code, TEST)])
    return tuple(equipment_of(record, own, tests=measured) for own, measured in tests.items())


def is_calculated(observation: r4.Observation) -> bool:
    """Whether a result is worked out from others, so that no control of its own is run."""
    analyte = package_catalogue().analytes.get(code_of(observation.code, TEST))
    return analyte is not None and analyte.formula is not None


def _entered_by(entered: Iterable[r4.Observation], verifier: str) -> dict[str, str]:
    """Who entered: the verifier as soon as one of the results is theirs."""
    by = {target_of(one.performer[0]) for one in entered if one.performer}
    return {"enter_result": verifier if verifier in by else next(iter(sorted(by)), "")}


def _verification(
    record: Record,
    entered: Sequence[r4.Observation],
    patient: PatientFacts,
    performance: Performance,
    reviewed: frozenset[str],
) -> tuple[list[Refusal], dict[str, Judged]]:
    catalogue, refusals, judged = package_catalogue(), list[Refusal](), dict[str, Judged]()
    for one in entered:
        code, value = code_of(one.code, TEST), value_of(one)
        collected = moment(one.effectiveDateTime, record.policy.zone) or performance.at
        if value is not None:
            judged[one.id or ""] = judge(record, value, catalogue.analyte(code), patient, collected, catalogue, but=one.id or "")
        specimen = id_of(one.specimen, "Specimen")
        kept = load(record, r4.Specimen, specimen) if specimen else None
        rejected = kept is not None and (specimen_state(kept) == "rejected" or not _still_made(code, kept))
        found = judged.get(one.id or "")
        to_verify = ToVerify(
            code,
            "entered",
            value,
            target_of(one.performer[0]) if one.performer else "",
            found.delta if found else None,
            delta_reviewed=code in reviewed,
            specimen_rejected=rejected,
        )
        # The second pair of eyes is the gate's question, where a site may answer it otherwise.
        refusals += reasons_not_to_verify(to_verify, performance.author, self_verification=True)
    return refusals, judged


def _still_made(code: str, specimen: r4.Specimen) -> bool:
    catalogue, kept = package_catalogue(), tests_of_specimen(specimen)
    return (
        any(code in catalogue.results_of(test) for test in kept if test in catalogue.tests or test in catalogue.panels)
        or code not in catalogue.tests
    )


def _is_complete(order: r4.ServiceRequest, every: Sequence[r4.Observation]) -> bool:
    catalogue = package_catalogue()
    there = {code_of(one.code, TEST) for one in every if one.status in ("final", "amended", "corrected")}
    return all(code in there for code in catalogue.results_of(code_of(order.code, TEST)) if catalogue.analyte(code).formula is None)


def instant(at: datetime) -> str:
    """A FHIR instant."""
    return date_time(at)


def start_call(performed: Performed, performance: Performance, observation: r4.Observation, order: r4.ServiceRequest) -> str:
    """The task of calling a critical value, due at the ladder's goal; the orderer first."""
    task = critical_call(
        performance.at,
        requester=performance.author,
        patient=id_of(observation.subject, "Patient"),
        observation=observation.id or "",
        name=observation.code.text or "" if observation.code else "",
        value=value_text(observation),
        orders=[order.id or ""],
        location=id_of(order.locationReference[0], "Location") if order.locationReference else "",
    )
    return performed.create(task).partition("/")[2]


def start_review(
    performed: Performed,
    record: Record,
    performance: Performance,
    report: r4.DiagnosticReport,
    order: r4.ServiceRequest,
    changed: Sequence[r4.Observation],
) -> str:
    """Put the report into its orderer's inbox; an older unanswered task of the same report ends."""
    for own in open_work_on(record, f"DiagnosticReport/{report.id}", "review-result"):
        task = load(record, r4.Task, own)
        end(task, performance.at, "cancelled")
        performed.update(task)
    flags = {flag_of(one) for one in changed}
    priority = "stat" if flags & {"LL", "HH", "AA"} else order.priority or "routine"
    return performed.create(
        new_task(
            "review-result",
            performance.at,
            requester=performance.author,
            patient=id_of(report.subject, "Patient"),
            orders=[order.id or ""],
            focus=f"DiagnosticReport/{report.id}",
            owner=target_of(order.requester),
            priority=priority,
            due=stage_due("result-to-acknowledge", priority, performance.at),
            requisition=(order.requisition.value or "") if order.requisition else "",
            words=order.code.text or "" if order.code else "",
        )
    ).partition("/")[2]
