"""Controls and lots: what a device measured of control material, judged by Westgard's rules, decides what may be released from it.

The state of the control is kept on the Device, for each test and as a whole; the gate asks it of every result. A control run
passes the gate on any device, a blocked one too, or it could never recover.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from benchside.areas.laboratory.acts.results_kept import code_of_analyte
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.quality import HISTORY_MAX, ControlPoint, Judgement, judge, levels_needed, package_quality
from benchside.areas.laboratory.results import read_value
from benchside.areas.laboratory.views.quality import CONTROL
from benchside.fhir import r4
from benchside.readiness.facts import Lot
from benchside.readiness.gathering.equipment import (
    ControlOfTest,
    ControlState,
    controls_of,
    equipment_of,
    lot_extension,
    worst_control,
)
from benchside.readiness.gathering.kept import CATEGORY, UCUM, codes_of, concept, date_time, extension_url, load, reference
from benchside.readiness.gathering.lots import LOT, LOT_KIND, ControlTarget, KeptLot, kept_lot, targets_of
from benchside.readiness.performing import Performance, Performed, act, facts_for, perform
from benchside.record import Record
from benchside.record.keys import moment as moment_of_us
from benchside.record.resource_id import new_id
from benchside.terms.quantity import Quantity
from benchside.terms.refusal import Refusal

CONTROLS_MAX: Final = 60
"""Values of one run."""
LOT_KINDS: Final = ("reagent", "test_strip", "control", "tube")
STATE_EXTENSIONS: Final = ("control-of-test", "control-state", "control-valid-until")


@dataclass(frozen=True, slots=True)
class NewLot:
    """A lot as it arrives. `targets` and `level` are of control material, `device` the one it is loaded on ("" for any)."""

    kind: str
    number: str
    expires_on: date
    name: str = ""
    device: str = ""
    level: str = ""
    opened_until: datetime | None = None
    targets: tuple[ControlTarget, ...] = ()


@dataclass(frozen=True, slots=True)
class LotKept:
    """The registered lot."""

    lot: str


def _lot_refusals(performance: Performance, lot: NewLot) -> list[Refusal]:
    today = performance.at.astimezone(performance.record.policy.zone).date()
    refusals: list[Refusal] = []
    if lot.kind not in LOT_KINDS or not 0 < len(lot.number.strip()) <= 60:
        refusals.append(Refusal("lot.number"))
    if lot.expires_on < today:
        refusals.append(Refusal("lot.expired", {"kind": f"lot:{lot.kind}", "lot": lot.number, "expires": lot.expires_on}))
    if kept_lot(performance.record, lot.kind, lot.number.strip()) is not None:
        refusals.append(Refusal("lot.known", {"kind": f"lot:{lot.kind}", "lot": lot.number}))
    if lot.kind == "control" and not lot.level.strip():
        refusals.append(Refusal("lot.level", {"lot": lot.number}))
    known = package_catalogue().analytes
    unusable = [target for target in lot.targets if target.test not in known or (target.sd is not None and target.sd <= 0)]
    return [*refusals, *(Refusal("lot.target", {"test": f"test:{target.test}"}) for target in unusable)]


@act("register_lot")
def register_lot(performance: Performance, lot: NewLot) -> LotKept:
    """Make a lot known before it is used. A lot of control material names its level and what it should measure. Raises ActRefused."""
    with perform(performance, "register_lot", facts_for(performance), further=_lot_refusals(performance, lot)) as performed:
        extensions = [r4.Extension(url=extension_url("control-level"), valueCode=lot.level.strip())] if lot.level.strip() else []
        if lot.device:
            extensions.append(r4.Extension(url=extension_url("loaded-on"), valueReference=reference(f"Device/{lot.device}")))
        if lot.opened_until is not None:
            extensions.append(r4.Extension(url=extension_url("opened-until"), valueDateTime=date_time(lot.opened_until)))
        for target in lot.targets:
            parts = [r4.Extension(url="test", valueCode=target.test)]
            parts += [
                r4.Extension(url=name, valueDecimal=value)
                for name, value in (("mean", target.mean), ("sd", target.sd))
                if value is not None
            ]
            extensions.append(r4.Extension(url=extension_url("control-target"), extension=parts))
        own = performed.create(
            r4.Substance(
                status="active",
                identifier=[r4.Identifier(system=LOT, value=lot.number.strip())],
                code=concept(LOT_KIND, lot.kind),
                description=lot.name.strip() or None,
                instance=[
                    r4.SubstanceInstance(identifier=r4.Identifier(system=LOT, value=lot.number.strip()), expiry=lot.expires_on.isoformat())
                ],
                extension=extensions or None,
            )
        )
    return LotKept(own.partition("/")[2])


@act("withdraw_lot")
def withdraw_lot(performance: Performance, lot_id: str, reason: str, *, recalled: bool = True) -> LotKept:
    """Stop a lot: nothing made with it is released from now on when it was `recalled`. Raises ActRefused, NotFound."""
    substance = load(performance.record, r4.Substance, lot_id)
    with perform(performance, "withdraw_lot", facts_for(performance), reason=reason, focus=f"Substance/{lot_id}") as performed:
        substance.status = "inactive"
        if recalled:
            mark = r4.Extension(url=extension_url("recalled"), valueCode="recalled")
            substance.extension = [*(substance.extension or ()), mark]
        performed.update(substance)
    return LotKept(lot_id)


@dataclass(frozen=True, slots=True)
class ControlValue:
    """What was measured of one lot of control material for one test, as typed."""

    lot: str
    test: str
    text: str


@dataclass(frozen=True, slots=True)
class ControlledTest:
    """A test after the run: how its control stands, the rules that were broken, and whether any of them rejects."""

    test: str
    state: ControlState
    warnings: tuple[str, ...]
    rejections: tuple[str, ...]
    levels: int
    needed: int


@dataclass(frozen=True, slots=True)
class ControlRun:
    """A run of controls: its name, each test's outcome, and the state of the device as a whole."""

    run: str
    tests: tuple[ControlledTest, ...]
    state: ControlState
    observations: tuple[str, ...]


def control_history(record: Record, device_id: str, test: str, *, limit: int = HISTORY_MAX) -> list[ControlPoint]:
    """The control points of a test on a device, oldest first, at most `limit` newest."""
    rows = record.engine.rows(
        "SELECT run, level, value, mean, sd, at_us, lot, excluded FROM control_row WHERE device = ? AND test = ? "
        "ORDER BY at_us DESC, id DESC LIMIT ?",
        (device_id, test, limit),
    )
    return [
        ControlPoint(
            row[0],
            row[1],
            Decimal(row[2]),
            Decimal(row[3]) if row[3] else None,
            Decimal(row[4]) if row[4] else None,
            moment_of_us(row[5]),
            row[6],
            excluded=bool(row[7]),
        )
        for row in reversed(rows)
    ]


def _read(
    record: Record, values: Sequence[ControlValue]
) -> tuple[list[tuple[ControlValue, KeptLot, ControlTarget, Quantity]], list[Lot], list[Refusal]]:
    """Every value with its lot, target and number; the lots of control material; refusals for what cannot be a control."""
    catalogue = package_catalogue()
    refusals = [] if 0 < len(values) <= CONTROLS_MAX else [Refusal("results.count", {"limit": CONTROLS_MAX})]
    read: list[tuple[ControlValue, KeptLot, ControlTarget, Quantity]] = []
    lots, seen = list[Lot](), set[tuple[str, str]]()
    for given in values[:CONTROLS_MAX]:
        about = {"test": f"test:{given.test}"}
        substance = load(record, r4.Substance, given.lot)
        number = next((own.value or "" for own in substance.identifier or () if own.system == LOT), "")
        lot = kept_lot(record, "control", number)
        analyte = catalogue.analytes.get(given.test)
        if lot is None or analyte is None or analyte.kind != "numeric":
            refusals.append(Refusal("quality.control.not-a-control", {**about, "lot": number or given.lot}))
            continue
        lots.append(lot.fact())
        if (given.lot, given.test) in seen:
            refusals.append(Refusal("results.analyte.twice", about))
        seen.add((given.lot, given.test))
        value, faults = read_value(given.text, replace(analyte, formula=None))
        refusals += faults
        if isinstance(value, Quantity) and value.comparator is not None:
            refusals.append(Refusal("results.value.not-a-number", {"entered": given.text[:40]}))
        elif isinstance(value, Quantity):
            read.append((given, lot, targets_of(substance).get(given.test, ControlTarget(given.test, None, None)), value))
    return read, list(dict.fromkeys(lots)), refusals


@act("run_quality_control")
def record_control_result(
    performance: Performance, device_id: str, values: Sequence[ControlValue], *, run: str = "", comment: str = ""
) -> ControlRun:
    """Keep a run of controls on a device and judge it (Q1 to Q8), which permits or blocks what is measured there.

    Both levels of a test belong into one run, so that R-4s can compare them; `run` goes on with one that was begun. Raises
    ActRefused, NotFound.
    """
    record, at = performance.record, performance.at
    device = load(record, r4.Device, device_id)
    read, lots, refusals = _read(record, values)
    own = run or new_id()
    facts = facts_for(
        performance,
        equipment=(equipment_of(record, device_id),),
        lots=tuple(lots),
    )
    with perform(performance, "run_quality_control", facts, further=refusals, focus=f"Device/{device_id}") as performed:
        by_test: dict[str, list[ControlPoint]] = {}
        for given, lot, target, value in read:
            point = ControlPoint(own, lot.level, value.value, target.mean, target.sd, at, lot.number)
            by_test.setdefault(given.test, []).append(point)
        judged = {test: judge([*control_history(record, device_id, test), *points], package_quality()) for test, points in by_test.items()}
        made = [
            performed.create(_observation(performance, device_id, own, lot, target, value, judged[given.test], comment)).partition("/")[2]
            for given, lot, target, value in read
        ]
        outcomes = [_outcome(test, found) for test, found in judged.items()]
        performed.outcome = "rejected" if any(one.rejections for one in outcomes) else "done"
        state = keep_controls(performed, record, device, {one.test: _kept(one, at) for one in outcomes})
    return ControlRun(own, tuple(outcomes), state, tuple(made))


def _rules(judgement: Judgement, action: str) -> tuple[str, ...]:
    return tuple(violation.rule.replace("_", "-") for violation in judgement.violations if violation.action == action)


def _outcome(test: str, judgement: Judgement) -> ControlledTest:
    """Q9: passed is a judged, not rejected control of every level; a rejected one failed; anything else leaves the control due."""
    needed = levels_needed(test, package_quality())
    state: ControlState = "passed"
    if judgement.rejected:
        state = "failed"
    elif not judgement.evaluated or len(judgement.levels) < needed:
        state = "due"
    return ControlledTest(test, state, _rules(judgement, "warn"), _rules(judgement, "reject"), len(judgement.levels), needed)


def _kept(outcome: ControlledTest, at: datetime) -> ControlOfTest:
    until = at + timedelta(hours=package_quality().valid_hours) if outcome.state == "passed" else None
    return ControlOfTest(outcome.test, outcome.state, until, ", ".join(outcome.rejections), at)


def keep_controls(performed: Performed, record: Record, device: r4.Device, changed: Mapping[str, ControlOfTest]) -> ControlState:
    """Write how the controls of a device stand, for each test and as a whole; the state as a whole."""
    controls = {**controls_of(device, record.policy.zone), **changed}
    state, until = worst_control(list(controls.values()))
    urls = {extension_url(name) for name in STATE_EXTENSIONS}
    device.extension = [extension for extension in device.extension or () if extension.url not in urls]
    for control in controls.values():
        parts = [r4.Extension(url="test", valueCode=control.test), r4.Extension(url="state", valueCode=control.state)]
        if control.valid_until is not None:
            parts.append(r4.Extension(url="valid-until", valueDateTime=date_time(control.valid_until)))
        if control.rules:
            parts.append(r4.Extension(url="rules", valueString=control.rules))
        if control.at is not None:
            parts.append(r4.Extension(url="at", valueDateTime=date_time(control.at)))
        device.extension.append(r4.Extension(url=extension_url("control-of-test"), extension=parts))
    device.extension.append(r4.Extension(url=extension_url("control-state"), valueCode=state))
    if until is not None:
        device.extension.append(r4.Extension(url=extension_url("control-valid-until"), valueDateTime=date_time(until)))
    performed.update(device)
    return state


def _observation(
    performance: Performance,
    device_id: str,
    run: str,
    lot: KeptLot,
    target: ControlTarget,
    value: Quantity,
    judgement: Judgement,
    comment: str,
) -> r4.Observation:
    parts = [r4.Extension(url="run", valueString=run), r4.Extension(url="level", valueCode=lot.level)]
    parts += [
        r4.Extension(url=name, valueDecimal=figure) for name, figure in (("mean", target.mean), ("sd", target.sd)) if figure is not None
    ]
    if broken := ", ".join(violation.rule.replace("_", "-") for violation in judgement.violations):
        parts.append(r4.Extension(url="rules", valueString=broken))
    return r4.Observation(
        status="final",
        category=[concept(CATEGORY, CONTROL)],
        code=code_of_analyte(package_catalogue().analyte(target.test)),
        subject=reference(f"Device/{device_id}"),
        device=reference(f"Device/{device_id}"),
        effectiveDateTime=date_time(performance.at),
        issued=date_time(performance.at),
        performer=[reference(performance.author)],
        valueQuantity=r4.Quantity(value=value.value, unit=value.unit, system=UCUM, code=value.unit),
        note=[r4.Annotation(text=comment.strip(), time=date_time(performance.at))] if comment.strip() else None,
        extension=[lot_extension(lot.fact()), r4.Extension(url=extension_url("control"), extension=parts)],
    )


@dataclass(frozen=True, slots=True)
class Excluded:
    """The control point that no longer counts."""

    observation: str


@act("exclude_control")
def exclude_control(performance: Performance, observation_id: str, reason: str) -> Excluded:
    """Leave a control point out of what follows; it stays in the record and on the chart. A new run decides anew. Signed, with a reason."""
    observation = load(performance.record, r4.Observation, observation_id)
    further = [] if CONTROL in codes_of(observation.category, CATEGORY) else [Refusal("quality.control.none-such")]
    with perform(
        performance, "exclude_control", facts_for(performance), further=further, reason=reason, focus=f"Observation/{observation_id}"
    ) as performed:
        observation.status = "entered-in-error"
        observation.note = [
            *(observation.note or ()),
            r4.Annotation(text=reason.strip(), time=date_time(performance.at), authorReference=reference(performance.author)),
        ]
        performed.update(observation)
    return Excluded(observation_id)
