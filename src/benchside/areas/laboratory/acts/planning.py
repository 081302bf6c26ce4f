"""What to draw for a task: the fewest tubes in order, a child's limits kept, and what to mind. Read only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from benchside.areas.laboratory.acts.ordering import ORDER_DETAIL
from benchside.areas.laboratory.blood_volume import EarlierDraw, is_limited, package_blood_volume, volume_refusals
from benchside.areas.laboratory.catalogue import Catalogue, package_catalogue
from benchside.areas.laboratory.child_draw import ChildPlan, plan_for_child
from benchside.areas.laboratory.collection import Attempt
from benchside.areas.laboratory.order_of_draw import VENOUS_WAYS, DrawPlan, Equipment, plan_collections
from benchside.areas.laboratory.tubes import package_tubes
from benchside.areas.laboratory.views.specimens import tube_of
from benchside.areas.laboratory.words import Patient
from benchside.fhir import r4
from benchside.readiness.gathering.kept import TEST, code_of, codes_of, facts_named, id_of, load, moment, target_of
from benchside.readiness.gathering.orders import order_ids_of, tests_asked
from benchside.readiness.gathering.patients import PatientFacts, latest_weight_kg, patient_facts
from benchside.record import Record
from benchside.record.keys import microseconds
from benchside.record.keys import moment as moment_of_us
from benchside.terms.refusal import Refusal


@dataclass(frozen=True, slots=True)
class CollectionPlan:
    """What to draw for a task: a plan for each way, who the patient is and what to mind. `refusals` are the rules' (blood volume)."""

    work: str
    patient: PatientFacts
    ways: Mapping[str, DrawPlan]
    tests: tuple[str, ...]
    fasting: bool
    failed_attempts: tuple[Attempt, ...]
    refusals: tuple[Refusal, ...]


def orders_of(record: Record, task: r4.Task) -> list[r4.ServiceRequest]:
    """The orders of a task."""
    return [load(record, r4.ServiceRequest, own) for own in order_ids_of(task)]


def tests_of_task(orders: Sequence[r4.ServiceRequest], task: r4.Task, catalogue: Catalogue) -> tuple[str, ...]:
    """The tests to collect for a task: of its orders, or those it is limited to."""
    wanted = catalogue.tests_of([code_of(order.code, TEST) for order in orders if order.status == "active"])
    limited = set(tests_asked(task))
    return tuple(test for test in wanted if not limited or test in limited)


def attempts_of(task: r4.Task, record: Record) -> tuple[Attempt, ...]:
    """The failed attempts noted on a task."""
    zone = record.policy.zone
    notes = [
        (fact, moment(fact.valueAnnotation.time, zone)) for fact in facts_named(task, "attempt-failed") if fact.valueAnnotation is not None
    ]
    return tuple(
        Attempt(target_of(fact.valueAnnotation.authorReference), at, succeeded=False)
        for fact, at in notes
        if fact.valueAnnotation is not None and at is not None
    )


def earlier_draws(record: Record, patient_id: str, at: datetime) -> list[EarlierDraw]:
    """Blood taken in the last 30 days, tube by tube."""
    rows = record.engine.rows(
        "SELECT id, collected_us FROM specimen_row WHERE patient = ? AND collected_us >= ? AND collected_us <= ? AND parent = '' LIMIT 500",
        (patient_id, microseconds(at - timedelta(days=30)), microseconds(at)),
    )
    table, found = package_tubes(), list[EarlierDraw]()
    for own, collected in rows:
        specimen = load(record, r4.Specimen, own)
        quantity = specimen.collection.quantity if specimen.collection is not None else None
        tube = table.tubes.get(tube_of(specimen))
        if quantity is not None and quantity.value is not None and tube is not None and tube.blood:
            found.append(EarlierDraw(moment_of_us(collected), quantity.value))
    return found


def _person(record: Record, patient: PatientFacts, at: datetime) -> Patient:
    return Patient(patient.birth_date, patient.sex, latest_weight_kg(record, patient.id, at))


def volume_of(record: Record, patient: PatientFacts, planned_ml: Decimal, at: datetime) -> tuple[Refusal, ...]:
    """What stands against taking so much blood now (B1 to B5)."""
    person = _person(record, patient, at)
    on = at.astimezone(record.policy.zone).date()
    return volume_refusals(planned_ml, earlier_draws(record, patient.id, at), person, at=at, on=on, table=package_blood_volume())


def plan_collection(record: Record, work_id: str, at: datetime, *, equipment: Equipment = "needle") -> CollectionPlan:
    """Plan the tubes of a task: read only. Raises NotFound, NotInCatalogue, TooManyTests, NoTubeFits."""
    task, catalogue = load(record, r4.Task, work_id), package_catalogue()
    patient = patient_facts(record, id_of(task.for_, "Patient"), at)
    orders = orders_of(record, task)
    tests = tests_of_task(orders, task, catalogue)
    person = _person(record, patient, at)
    ways = dict(plan_collections(tests, catalogue, package_tubes(), equipment=equipment, weight_kg=person.weight_kg))
    venous = [test for test in tests if catalogue.tests[test].definition.way in VENOUS_WAYS]
    if venous and is_limited(person, at.astimezone(record.policy.zone).date(), package_blood_volume()):
        child = _child_plan(record, venous, patient, person, at, equipment)
        if person.weight_kg is not None:  # without a weight nothing is known to fit: the usual tubes, refused until somebody weighs
            ways.pop("venipuncture")
            ways = {"capillary" if child.way == "micro" else "venipuncture": child.plan, **ways}
    fasting = any("fasting" in codes_of(order.orderDetail, ORDER_DETAIL) for order in orders)
    blood = sum((plan.blood_ml for plan in ways.values()), Decimal(0))
    return CollectionPlan(work_id, patient, ways, tests, fasting, attempts_of(task, record), volume_of(record, patient, blood, at))


def _child_plan(
    record: Record, tests: Sequence[str], patient: PatientFacts, person: Patient, at: datetime, equipment: Equipment
) -> ChildPlan:
    """The largest draw that this child can give: usual tubes, smaller ones, micro tubes (B6)."""
    return plan_for_child(
        tests,
        package_catalogue(),
        package_tubes(),
        person,
        earlier_draws(record, patient.id, at),
        at=at,
        on=at.astimezone(record.policy.zone).date(),
        limits=package_blood_volume(),
        equipment=equipment,
    )
