"""In the laboratory's door: receipt by scan, rejection with recollection, the centrifuge, aliquots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from benchside.areas.laboratory.acts.ordering import stage_due
from benchside.areas.laboratory.acts.tubes_kept import (
    accession_of,
    as_rule_sees,
    millilitres,
    specimen_by_label,
    specimens_of,
    work_of,
)
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.reception import (
    KEPT_AS_ASKED,
    clocks,
    faults,
    package_reception,
    plan_aliquots,
    plan_rejection,
    receive_refusals,
    spin_refusals,
)
from benchside.areas.laboratory.tubes import package_tubes
from benchside.areas.laboratory.views.specimens import specimen_state
from benchside.fhir import r4
from benchside.readiness.gathering.equipment import equipment_of
from benchside.readiness.gathering.kept import (
    ACCESSION,
    BASE,
    REASON,
    REJECTION,
    TEST,
    code_of,
    concept,
    date_time,
    extension_url,
    id_of,
    load,
    reference,
    target_of,
)
from benchside.readiness.gathering.messages import new_message
from benchside.readiness.gathering.orders import open_work_for
from benchside.readiness.gathering.tasks import end, new_task
from benchside.readiness.performing import Performance, Performed, act, facts_for, perform, refuse
from benchside.record import Record
from benchside.terms.refusal import Refusal

PROCESSING = f"{BASE}/CodeSystem/processing"
SPECIMENS_MAX = 48
"""Tubes in one load of a centrifuge."""


@dataclass(frozen=True, slots=True)
class TestClock:
    """What to keep in view for one test of a received tube."""

    __test__ = False  # pytest collects classes by the name Test*

    test: str
    spin_not_before: datetime | None
    spin_by: datetime | None
    good_until: datetime | None


@dataclass(frozen=True, slots=True)
class Received:
    """A received tube, its clocks (soonest end first), and the coded rejections its figures call for: a person decides."""

    specimen: str
    clocks: tuple[TestClock, ...]
    faults: tuple[str, ...]


def _orders(record: Record, specimen: r4.Specimen) -> list[r4.ServiceRequest]:
    return [load(record, r4.ServiceRequest, own) for asked in specimen.request or () if (own := id_of(asked, "ServiceRequest"))]


def open_report(performed: Performed, record: Record, order: r4.ServiceRequest, specimen_id: str, at: datetime) -> None:
    """Register the report of an order when its material is here, so that the bench sees it waiting."""
    if record.engine.rows("SELECT 1 FROM report_row WHERE order_id = ? AND status <> 'cancelled' LIMIT 1", (order.id,)):
        return
    code = order.code or r4.CodeableConcept(text="unnamed test")  # FHIR lets an order from elsewhere go without a code, a report not
    performed.create(
        r4.DiagnosticReport(
            status="registered",
            code=code,
            subject=order.subject,
            basedOn=[reference(f"ServiceRequest/{order.id}")],
            encounter=order.encounter,
            specimen=[reference(f"Specimen/{specimen_id}")],
            effectiveDateTime=date_time(at),
        )
    )


def _end_bringing(performed: Performed, record: Record, specimen: r4.Specimen, at: datetime) -> None:
    """End the task that brought these tubes once none of them is still on its way."""
    orders = [id_of(asked, "ServiceRequest") for asked in specimen.request or ()]
    for own in open_work_for(record, orders, "receive"):
        task = load(record, r4.Task, own)
        tubes = specimens_of(record, task)
        if not any(tube.id == specimen.id for tube in tubes):
            continue
        if all(tube.id == specimen.id or specimen_state(tube) != "collected" for tube in tubes):
            end(task, at)
            performed.update(task)


@act("receive_specimen")
def receive_specimen(
    performance: Performance,
    scanned: str,
    *,
    conditions: Sequence[str] = tuple(sorted(KEPT_AS_ASKED)),
    fill_pct: Decimal | None = None,
    volume_ml: Decimal | None = None,
) -> Received:
    """Receive a tube by its label. `conditions` say how it came (`on-ice`, `dark` ...). Raises ActRefused."""
    record, at = performance.record, performance.at
    specimen = specimen_by_label(record, scanned)
    further = receive_refusals(specimen_state(specimen) if specimen is not None else "", scanned, scanned, known=specimen is not None)
    patient = target_of(specimen.subject) if specimen is not None else ""
    with perform(performance, "receive_specimen", facts_for(performance), further=further, patient=patient) as performed:
        assert specimen is not None  # an unknown label was refused
        specimen.receivedTime = date_time(at)
        performed.update(specimen)
        for order in _orders(record, specimen):
            if order.status == "active":
                open_report(performed, record, order, specimen.id or "", at)
        _end_bringing(performed, record, specimen, at)
    seen = as_rule_sees(specimen, record, conditions=frozenset(conditions), fill_pct=fill_pct, volume_ml=volume_ml)
    rules, catalogue = package_reception(), package_catalogue()
    running = tuple(TestClock(one.test, one.spin_not_before, one.spin_by, one.good_until) for one in clocks(seen, catalogue, rules))
    return Received(specimen.id or "", running, tuple(fault.rejection for fault in faults(seen, catalogue, package_tubes(), rules, at=at)))


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rejected tube: which tests are lost and kept, the task of the recollection ("" when there is none), who was told."""

    specimen: str
    lost: tuple[str, ...]
    kept: tuple[str, ...]
    recollection: str
    message: str
    told: tuple[str, ...]


@act("reject_specimen")
def reject_specimen(performance: Performance, specimen_id: str, reason_code: str, text: str, *, tests: Sequence[str] = ()) -> Rejected:
    """Reject a tube, wholly or for some tests, with a coded reason: the lost tests are collected again by a linked task, and the collector and the orderers are told.

    `text` is for people. Raises ActRefused, NotFound.
    """
    record, at = performance.record, performance.at
    specimen, catalogue, rules = load(record, r4.Specimen, specimen_id), package_catalogue(), package_reception()
    plan, refusals = plan_rejection(reason_code, as_rule_sees(specimen, record), catalogue, rules, named=tests)
    state = specimen_state(specimen)
    if state not in ("collected", "received"):
        refusals = (*refusals, Refusal("reception.rejection.state", {"accession": accession_of(specimen)}))
    with perform(
        performance,
        "reject_specimen",
        facts_for(performance),
        further=refusals,
        reason=text,
        patient=target_of(specimen.subject),
        focus=f"Specimen/{specimen_id}",
    ) as performed:
        assert plan is not None  # no plan was refused
        performed.outcome = f"rejected:{reason_code}"
        entry = rules.rejections[reason_code]
        codings = [
            r4.Coding(system=REASON, code=reason_code, display=entry.en),
            *([r4.Coding(system=REJECTION, code=plan.hl7)] if plan.hl7 else []),
        ]
        specimen.condition = [*(specimen.condition or ()), r4.CodeableConcept(coding=codings, text=entry.en)]
        if plan.kept:
            lost = [r4.Extension(url=extension_url("specimen-lost-test"), valueCode=test) for test in plan.lost]
            specimen.extension = [*(specimen.extension or ()), *lost]
        else:
            specimen.status = "unsatisfactory"
        performed.update(specimen)
        _end_bringing(performed, record, specimen, at)
        orders = _orders(record, specimen)
        recollection = _recollect(performed, performance, specimen, orders, plan.recollect, entry.en, text) if plan.recollect else ""
        collector = target_of(specimen.collection.collector) if specimen.collection is not None else ""
        told = tuple(dict.fromkeys(who for who in (collector, *(target_of(order.requester) for order in orders)) if who))
        message = (
            performed.create(
                new_message(
                    "rejection",
                    at,
                    sender=performance.author,
                    recipients=told,
                    text=f"{accession_of(specimen)}: {entry.en}. {text}".strip(),
                    patient=id_of(specimen.subject, "Patient"),
                    about=[f"Specimen/{specimen_id}"],
                    work=f"Task/{recollection}" if recollection else "",
                    priority="urgent",
                    reason=specimen.condition[-1],
                )
            ).partition("/")[2]
            if told
            else ""
        )
    return Rejected(specimen_id, plan.lost, plan.kept, recollection, message, told)


def _recollect(
    performed: Performed,
    performance: Performance,
    specimen: r4.Specimen,
    orders: Sequence[r4.ServiceRequest],
    tests: Sequence[str],
    why: str,
    text: str,
) -> str:
    """A new collection of the lost tests, linked to the one that went wrong."""
    catalogue, record, at = package_catalogue(), performance.record, performance.at
    again = [order for order in orders if order.status == "active" and set(catalogue.tests_of([code_of(order.code, TEST)])) & set(tests)]
    if not again:
        return ""
    old = work_of(specimen)
    before = load(record, r4.Task, old) if old else None
    priority = min((order.priority or "routine" for order in again), key=["stat", "asap", "urgent", "routine"].index)
    return performed.create(
        new_task(
            "collect",
            at,
            requester=performance.author,
            patient=id_of(specimen.subject, "Patient"),
            orders=[order.id or "" for order in again],
            priority=priority,
            due=stage_due("order-to-collect", priority, at),
            location=id_of(before.location, "Location") if before is not None else "",
            requisition=(before.groupIdentifier.value or "") if before is not None and before.groupIdentifier is not None else "",
            part_of=f"Task/{old}" if old else "",
            tests=tests,
            reason=concept(REASON, "recollection", text=why),
            note=text,
        )
    ).partition("/")[2]


@dataclass(frozen=True, slots=True)
class Spun:
    """The tubes of a load."""

    specimens: tuple[str, ...]
    at: datetime


@act("process_specimen")
def centrifuge(
    performance: Performance,
    specimen_ids: Sequence[str],
    centrifuge_id: str,
    *,
    program_g: int,
    minutes: int,
    imbalance_g: Decimal = Decimal(0),
) -> Spun:
    """Record a run of the centrifuge that begins now. Raises ActRefused (P3: clotting, respin, balance, force), NotFound."""
    record, at = performance.record, performance.at
    if not 0 < len(specimen_ids) <= SPECIMENS_MAX:
        refuse(Refusal("reception.centrifuge.load", {"limit": SPECIMENS_MAX}))
    load_ = [load(record, r4.Specimen, own) for own in dict.fromkeys(specimen_ids)]
    seen = [as_rule_sees(specimen, record) for specimen in load_]
    further = [*spin_refusals(seen, package_catalogue(), package_reception(), at=at, imbalance_g=imbalance_g, program_g=program_g)]
    further += [
        Refusal("reception.specimen.not-here", {"accession": accession_of(one)}) for one in load_ if specimen_state(one) != "received"
    ]
    facts = facts_for(performance, equipment=(equipment_of(record, centrifuge_id),))
    with perform(performance, "process_specimen", facts, further=further, focus=f"Device/{centrifuge_id}") as performed:
        for specimen in load_:
            step = r4.SpecimenProcessing(
                description=f"{program_g} g, {minutes} min", procedure=concept(PROCESSING, "centrifuge"), timeDateTime=date_time(at)
            )
            specimen.processing = [*(specimen.processing or ()), step]
            performed.update(specimen)
    return Spun(tuple(one.id or "" for one in load_), at)


@dataclass(frozen=True, slots=True)
class Divided:
    """The aliquots made of a tube: ids and labels, in order."""

    specimens: tuple[str, ...]
    labels: tuple[str, ...]


@act("aliquot_specimen")
def aliquot(
    performance: Performance, specimen_id: str, wanted: Sequence[tuple[tuple[str, ...], str]], *, volume_ml: Decimal | None = None
) -> Divided:
    """Divide a tube: each of `wanted` is (tests, destination). `volume_ml` is what is there to divide. Raises ActRefused, NotFound."""
    record, at = performance.record, performance.at
    parent = load(record, r4.Specimen, specimen_id)
    already = int(record.engine.rows("SELECT count(*) FROM specimen_row WHERE parent = ?", (specimen_id,))[0][0])
    seen = as_rule_sees(parent, record, volume_ml=volume_ml)
    planned, refusals = plan_aliquots(seen, wanted, package_catalogue(), already=already)
    if specimen_state(parent) != "received":
        refusals = (*refusals, Refusal("reception.specimen.not-here", {"accession": accession_of(parent)}))
    with perform(
        performance,
        "aliquot_specimen",
        facts_for(performance),
        further=refusals,
        patient=target_of(parent.subject),
        focus=f"Specimen/{specimen_id}",
    ) as performed:
        made: list[str] = []
        for part in planned:
            child = r4.Specimen(
                status="available",
                accessionIdentifier=r4.Identifier(system=ACCESSION, value=part.label),
                type=parent.type,
                subject=parent.subject,
                request=parent.request,
                parent=[reference(f"Specimen/{specimen_id}")],
                receivedTime=date_time(at),
                processing=parent.processing,
                collection=parent.collection,
                container=[r4.SpecimenContainer(description=part.destination, specimenQuantity=millilitres(part.volume_ml))],
                extension=[r4.Extension(url=extension_url("specimen-test"), valueCode=test) for test in part.tests],
            )
            made.append(performed.create(child).partition("/")[2])
    return Divided(tuple(made), tuple(part.label for part in planned))
