"""At the patient's side: the plan, the labels, the tubes scanned back to the patient, and what to do when it does not work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from benchside.areas.laboratory.acts.ordering import ORDER_DETAIL, stage_due
from benchside.areas.laboratory.acts.planning import attempts_of, orders_of, plan_collection, volume_of
from benchside.areas.laboratory.acts.tubes_kept import (
    ACCESSION_DIGITS,
    accession_of,
    labelled_tube,
    millilitres,
    specimen_by_label,
    specimens_of,
)
from benchside.areas.laboratory.acts.working import own_work_refusals, work_order
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.collection import (
    ArmRestriction,
    Attempt,
    Side,
    TubeInHand,
    arm_refusals,
    attempt_refusals,
    collection_time,
    fasting_refusals,
    tube_refusals,
    unable_to_collect,
)
from benchside.areas.laboratory.order_of_draw import Equipment, order_refusals
from benchside.areas.laboratory.tubes import package_tubes
from benchside.areas.laboratory.views.specimens import specimen_state, tube_of
from benchside.fhir import r4
from benchside.readiness.facts import Consent, Lot
from benchside.readiness.gathering.equipment import equipment_of, lot_extension
from benchside.readiness.gathering.identification import identification_of
from benchside.readiness.gathering.kept import (
    REASON,
    TEST,
    WAY,
    add_fact,
    code_of,
    codes_of,
    concept,
    date_time,
    extension_url,
    id_of,
    load,
    reference,
    target_of,
)
from benchside.readiness.gathering.messages import new_message
from benchside.readiness.gathering.numbers import next_number
from benchside.readiness.gathering.orders import order_ids_of
from benchside.readiness.gathering.patients import PatientFacts, patient_facts
from benchside.readiness.gathering.tasks import add_note, begin, end, new_task
from benchside.readiness.performing import Performance, act, facts_for, perform
from benchside.record import Record
from benchside.terms.refusal import Refusal

TUBES_MAX = 60


@dataclass(frozen=True, slots=True)
class TubeLabel:
    """One label: its tube and what it is for; `volume_ml` as text with its digits."""

    specimen: str
    accession: str
    tube: str
    way: str
    tests: tuple[str, ...]
    volume_ml: str
    number: int
    of: int
    handling: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a task in order of draw; not printed until `confirm_labels` says that the printer did."""

    work: str
    labels: tuple[TubeLabel, ...]


@act("print_label")
def print_labels(performance: Performance, work_id: str, printer_id: str, *, equipment: Equipment = "needle") -> Labels:
    """Give every planned tube its accession number and label. Once for a task: later ones are reprints. Raises ActRefused, NotFound."""
    record, at = performance.record, performance.at
    task = load(record, r4.Task, work_id)
    plan = plan_collection(record, work_id, at, equipment=equipment)
    further = own_work_refusals(record, task, performance.author)
    if any(specimen_state(specimen) == "labelled" for specimen in specimens_of(record, task)):
        further = (*further, Refusal("collection.labels.printed"))
    if not plan.ways:
        further = (*further, Refusal("collection.nothing-to-collect"))
    facts = facts_for(performance, equipment=(equipment_of(record, printer_id),))
    orders = {
        order.id or "": set(package_catalogue().tests_of([code_of(order.code, TEST)]))
        for order in orders_of(record, task)
        if order.status == "active"
    }
    with perform(performance, "print_label", facts, further=further, patient=plan.patient.reference, focus=f"Task/{work_id}") as performed:
        prefix = f"{at.astimezone(record.policy.zone):%y}-"
        number = next_number(record, "specimen_row", "accession", prefix, ACCESSION_DIGITS)
        labels: list[TubeLabel] = []
        for way, drawn in plan.ways.items():
            for tube in drawn.tubes:
                if not tube.tests:
                    continue  # a discard tube is thrown away, so it bears no label
                accession = f"{prefix}{number:0{ACCESSION_DIGITS}d}"
                number += 1
                served = [own for own, tests in orders.items() if tests & set(tube.tests)]
                made = performed.create(
                    labelled_tube(tube, package_tubes(), accession=accession, patient=plan.patient.id, orders=served, work=work_id)
                )
                add_fact(task, "specimen", valueReference=reference(made))
                labels.append(
                    TubeLabel(
                        made.partition("/")[2],
                        accession,
                        tube.tube,
                        way,
                        tube.tests,
                        f"{tube.volume_ml:f}",
                        tube.number,
                        tube.of,
                        tube.handling,
                    )
                )
        performed.update(task)
    return Labels(work_id, tuple(labels))


@dataclass(frozen=True, slots=True)
class LabelsConfirmed:
    """Whether the labels of a task came out of the printer."""

    work: str
    printed: bool


@act("print_label")
def confirm_labels(performance: Performance, work_id: str, printer_id: str, *, printed: bool) -> LabelsConfirmed:
    """Note what the printer said. A printer that did not confirm never shows "printed". Raises ActRefused, NotFound."""
    task = load(performance.record, r4.Task, work_id)
    facts = facts_for(performance, equipment=(equipment_of(performance.record, printer_id),))
    with perform(performance, "print_label", facts, focus=f"Task/{work_id}") as performed:
        performed.outcome = "printed" if printed else "not-printed"
        add_fact(task, "labels-printed" if printed else "labels-not-printed", valueDateTime=date_time(performance.at))
        performed.update(task)
    return LabelsConfirmed(work_id, printed)


@dataclass(frozen=True, slots=True)
class Reprinted:
    """A label that may be printed again, and how many times that happened."""

    specimen: str
    times: int


@act("reprint_label")
def reprint_label(performance: Performance, specimen_id: str, printer_id: str, reason: str) -> Reprinted:
    """Print a label again, counted and with its reason. Raises ActRefused, NotFound."""
    record = performance.record
    specimen = load(record, r4.Specimen, specimen_id)
    facts = facts_for(performance, equipment=(equipment_of(record, printer_id),))
    with perform(performance, "reprint_label", facts, reason=reason, focus=f"Specimen/{specimen_id}") as performed:
        mark = r4.Extension(url=extension_url("label-reprinted"), valueDateTime=date_time(performance.at))
        specimen.extension = [*(specimen.extension or ()), mark]
        performed.update(specimen)
    return Reprinted(specimen_id, sum(1 for one in specimen.extension if one.url == mark.url))


@dataclass(frozen=True, slots=True)
class ScannedTube:
    """A tube as it was scanned at the patient's side: its label, what it is, its lot, and the moment of the scan."""

    label: str
    tube: str
    scanned_at: datetime
    lot: str = ""
    expires_on: date | None = None
    volume_ml: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """How it was collected. `way` chooses the competence; `side` the arm; the rest what the rules ask about."""

    way: str = "venipuncture"
    side: Side | None = None
    site: str = ""
    last_meal: datetime | None = None
    failed_attempts: int = 0
    below_infusion: bool = False
    infusion_stopped_min: int | None = None
    consent_refused: bool = False
    precautions_seen: tuple[str, ...] = ()
    complications: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Collected:
    """What was collected: ids of the specimens, the task that brings them to the laboratory, and whether the task is done."""

    specimens: tuple[str, ...]
    receive: str
    done: bool


def _tube_rules(
    record: Record, scanned: Sequence[ScannedTube], labelled: Mapping[str, r4.Specimen], patient: PatientFacts, at: datetime
) -> list[Refusal]:
    today = at.astimezone(record.policy.zone).date()
    refusals: list[Refusal] = []
    if not scanned:
        refusals.append(Refusal("collection.nothing-scanned"))
    if len(scanned) > TUBES_MAX:
        refusals.append(Refusal("collection.too-many-tubes", {"limit": TUBES_MAX}))
    for tube in scanned[:TUBES_MAX]:
        own = labelled.get(tube.label)
        other = None if own is not None else specimen_by_label(record, tube.label)
        if own is None and other is None:
            refusals.append(Refusal("collection.label.unknown", {"scanned": tube.label[:40]}))
            continue
        if own is not None and specimen_state(own) != "labelled":
            refusals.append(Refusal("collection.label.used", {"scanned": tube.label}))
        if other is not None and target_of(other.subject) == patient.reference:
            refusals.append(Refusal("collection.label.other-work", {"scanned": tube.label}))
            continue
        held = own if own is not None else other
        bearer = target_of(held.subject) if held is not None else ""
        hand = TubeInHand(tube.tube, tube.expires_on, tube.label, bearer)
        planned = tube_of(own) if own is not None else tube.tube
        refusals += tube_refusals(hand, planned_tube=planned, planned_label=tube.label, patient=patient.reference, today=today)
        refusals += collection_time(tube.scanned_at, at)[1]
    if len({tube.label for tube in scanned}) < len(scanned):
        refusals.append(Refusal("collection.label.scanned-twice"))
    return refusals


def _draw_rules(
    record: Record, task: r4.Task, scanned: Sequence[ScannedTube], draw: Draw, patient: PatientFacts, performance: Performance
) -> list[Refusal]:
    at, table = performance.at, package_tubes()
    fasting = any("fasting" in codes_of(order.orderDetail, ORDER_DETAIL) for order in orders_of(record, task))
    refusals = list(fasting_refusals(asked=fasting, last_meal=draw.last_meal, at=at))
    if draw.side is not None:
        arms = [ArmRestriction(side, why) for code in patient.arms for side, _, why in [code.partition("-")]]  # type: ignore[arg-type]  # coded as the rule's words
        refusals += arm_refusals(draw.side, arms, infusion_stopped_min=draw.infusion_stopped_min, below_infusion=draw.below_infusion)
    drawn = [tube for tube in sorted(scanned, key=lambda one: one.scanned_at) if tube.tube in table.tubes]
    refusals += order_refusals([tube.tube for tube in drawn], table, capillary=draw.way == "capillary")
    blood = sum((tube.volume_ml or table.tubes[tube.tube].volumes_ml[0] for tube in drawn if table.tubes[tube.tube].blood), Decimal(0))
    refusals += volume_of(record, patient, blood, at)
    tried = [*attempts_of(task, record), *([Attempt(performance.author, at, succeeded=False)] * draw.failed_attempts)]
    return [*refusals, *attempt_refusals(tried, performance.author)]


def _collected(specimen: r4.Specimen, tube: ScannedTube, draw: Draw, performance: Performance) -> None:
    specimen.status = "available"
    capacity = specimen.container[0].capacity if specimen.container else None
    specimen.collection = r4.SpecimenCollection(
        collector=reference(performance.author),
        collectedDateTime=date_time(tube.scanned_at),
        method=concept(WAY, draw.way),
        quantity=millilitres(tube.volume_ml) if tube.volume_ml is not None else capacity,
        bodySite=r4.CodeableConcept(text=" ".join(filter(None, [draw.side, draw.site]))) if draw.side or draw.site else None,
    )
    if tube.expires_on is not None:
        specimen.extension = [*(specimen.extension or ()), lot_extension(Lot("tube", tube.lot or "-", tube.expires_on))]


@act("collect_specimen")
def collect_specimens(performance: Performance, work_id: str, tubes: Sequence[ScannedTube], draw: Draw | None = None) -> Collected:
    """Record tubes drawn and scanned back to the patient.

    The collection time of each is its scan. Tubes of the task that are missing leave it begun. Raises ActRefused with every
    reason of the gate and of the rules C3 to C9, D6, B3 to B5; NotFound.
    """
    record, at, how = performance.record, performance.at, draw or Draw()
    task = load(record, r4.Task, work_id)
    patient = patient_facts(record, id_of(task.for_, "Patient"), at)
    labelled = {accession_of(specimen): specimen for specimen in specimens_of(record, task)}
    further = [
        *own_work_refusals(record, task, performance.author),
        *_tube_rules(record, tubes, labelled, patient, at),
        *_draw_rules(record, task, tubes, how, patient, performance),
    ]
    facts = facts_for(
        performance,
        variant=how.way,
        identification=identification_of(record, task),
        order=work_order(record, task),
        consent=Consent("verbal", refused=True) if how.consent_refused else None,
        precautions=patient.precautions,
        precautions_acknowledged=frozenset(how.precautions_seen),
        lots=tuple(Lot("tube", tube.lot or "-", tube.expires_on) for tube in tubes if tube.expires_on is not None),
    )
    with perform(performance, "collect_specimen", facts, further=further, patient=patient.reference, focus=f"Task/{work_id}") as performed:
        for tube in tubes:
            _collected(labelled[tube.label], tube, how, performance)
            performed.update(labelled[tube.label])
        _note_attempts(task, performance, how.failed_attempts)
        done = all(specimen_state(specimen) != "labelled" for specimen in labelled.values())
        for complication in how.complications:
            add_fact(task, "complication", valueCode=complication)
        task.owner = reference(performance.author)
        if done:
            end(task, at)
        else:
            begin(task, at)
        performed.update(task)
        own = [labelled[tube.label].id or "" for tube in tubes]
        first = min(tube.scanned_at for tube in tubes)
        bring = new_task(
            "receive",
            at,
            requester=performance.author,
            patient=patient.id,
            orders=order_ids_of(task),
            priority=task.priority or "routine",
            due=stage_due("collect-to-receive", task.priority, first),
            part_of=f"Task/{work_id}",
            requisition=(task.groupIdentifier.value or "") if task.groupIdentifier else "",
            location=id_of(task.location, "Location"),
        )
        for specimen in own:
            add_fact(bring, "specimen", valueReference=reference(f"Specimen/{specimen}"))
        receive = performed.create(bring).partition("/")[2]
    return Collected(tuple(own), receive, done)


def _note_attempts(task: r4.Task, performance: Performance, count: int) -> None:
    for _ in range(min(count, 10)):
        add_fact(
            task,
            "attempt-failed",
            valueAnnotation=r4.Annotation(
                text="attempt failed", time=date_time(performance.at), authorReference=reference(performance.author)
            ),
        )


@dataclass(frozen=True, slots=True)
class NotCollected:
    """What became of the task: queued again, or failed and the orderer told."""

    work: str
    queued_again: bool
    message: str


@act("unable_to_collect")
def record_unable_to_collect(
    performance: Performance, work_id: str, reason_code: str, text: str, *, failed_attempts: int = 0
) -> NotCollected:
    """Record a coded reason why nothing was collected: the task is queued again, or fails and its orderers are told."""
    record, at = performance.record, performance.at
    task = load(record, r4.Task, work_id)
    again, refusals = unable_to_collect(reason_code)
    further = (*own_work_refusals(record, task, performance.author), *refusals)
    facts = facts_for(performance, order=work_order(record, task))
    patient = id_of(task.for_, "Patient")
    with perform(
        performance, "unable_to_collect", facts, further=further, reason=text, patient=target_of(task.for_), focus=f"Task/{work_id}"
    ) as performed:
        performed.outcome = "unable"
        _note_attempts(task, performance, failed_attempts)
        add_note(task, text, performance.author, at)
        why = concept(REASON, reason_code, text=text.strip())
        message = ""
        if again:
            task.status, task.owner, task.statusReason, task.lastModified = "requested", None, why, date_time(at)
        else:
            end(task, at, "failed", why)
            orderers = [target_of(order.requester) for order in orders_of(record, task) if order.requester is not None]
            message = performed.create(
                new_message(
                    "unable-to-collect",
                    at,
                    sender=performance.author,
                    recipients=orderers,
                    text=text,
                    patient=patient,
                    work=f"Task/{work_id}",
                    priority="urgent",
                    reason=why,
                    about=[f"ServiceRequest/{own}" for own in order_ids_of(task)],
                )
            ).partition("/")[2]
        performed.update(task)
    return NotCollected(work_id, again, message)


__all__ = [
    "Collected",
    "Draw",
    "Labels",
    "LabelsConfirmed",
    "NotCollected",
    "Reprinted",
    "ScannedTube",
    "TubeLabel",
    "collect_specimens",
    "confirm_labels",
    "print_labels",
    "record_unable_to_collect",
    "reprint_label",
]
