"""Vital signs, charted as they are measured, with how they were measured; a critical one begins its call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from benchside.areas.bedside.acts.observing import MEASURING, call_for, mark_critical, task_refusals
from benchside.areas.bedside.vitals import (
    NEWS2_AGE_MIN,
    Alarm,
    Pressure,
    Reading,
    contradictions,
    critical_signs,
    mean_pressure,
    package_vitals,
    read_signs,
)
from benchside.fhir import r4
from benchside.readiness.facts import PatientIdentification
from benchside.readiness.gathering.equipment import equipment_of
from benchside.readiness.gathering.kept import CATEGORY, LOINC, UCUM, concept, date_time, load, reference
from benchside.readiness.gathering.orders import order_ids_of, settled_series
from benchside.readiness.gathering.patients import PatientFacts, patient_facts
from benchside.readiness.gathering.tasks import end
from benchside.readiness.performing import Performance, Performed, act, facts_for, perform
from benchside.record import Record
from benchside.record.keys import microseconds
from benchside.record.keys import moment as moment_of_us
from benchside.terms.refusal import Refusal

VITAL_SIGNS = concept(CATEGORY, "vital-signs", "Vital Signs")
PRESSURE = "85354-9"
"""LOINC of the blood pressure panel, as the FHIR vital-signs profile has it."""
RESPONSIVENESS = "67775-7"
"""LOINC: level of responsiveness (A, C, V, P, U)."""
CONFIRMABLE = frozenset(
    {
        "vitals.pressure.narrow",
        "vitals.pressure.readings-differ",
        "vitals.weight.changed",
        "vitals.height.changed",
        "vitals.weight.unlikely",
    }
)
"""What may be true all the same, once somebody measured again: the others cannot be."""
LATEST_WITHIN = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How it was measured, coded; "" where nobody said. `oxygen` None: not said. `scale_2`: SpO2 88-92 % is prescribed."""

    position: str = ""
    site: str = ""
    cuff: str = ""
    temperature_route: str = ""
    oxygen: bool | None = None
    consciousness: str = ""
    scale_2: bool = False


@dataclass(frozen=True, slots=True)
class RecordedVitals:
    """The observations that were made, in the order of the signs (the blood pressure is one), and the calls that began."""

    observations: tuple[str, ...]
    calls: tuple[str, ...] = ()


def _pairs(readings: Sequence[Reading]) -> tuple[list[Pressure], list[Reading], list[Refusal]]:
    """The blood pressures in the order they were read; the other readings; a refusal when one of a pair is missing."""
    systolic = [one for one in readings if one.sign == "systolic"]
    diastolic = [one for one in readings if one.sign == "diastolic"]
    if len(systolic) < 2 and len(diastolic) < 2:
        return [], list(readings), []
    others = [one for one in readings if one.sign not in ("systolic", "diastolic")]
    if len(systolic) != len(diastolic):
        return [], others, [Refusal("vitals.pressure.half")]
    return [(high.value, low.value) for high, low in zip(systolic, diastolic, strict=True)], others, []


def _read(readings: Sequence[Reading]) -> tuple[dict[str, Decimal], list[Pressure], list[Refusal]]:
    """Values by sign, several pressures as their mean (N11) and as they were read, and what stands against them."""
    table = package_vitals()
    pairs, others, refusals = _pairs(readings)
    values, faults = read_signs(others, table)
    found = dict(values)
    for high, low in pairs:
        _, wrong = read_signs([Reading("systolic", high, "mm[Hg]"), Reading("diastolic", low, "mm[Hg]")], table)
        refusals += wrong
    mean, differing = mean_pressure(pairs, table)
    if mean is not None:
        found["systolic"], found["diastolic"] = mean
    return found, pairs, [*faults, *refusals, *differing]


def latest_sign(record: Record, patient_id: str, sign: str, at: datetime) -> tuple[Decimal, datetime] | None:
    """The newest value of a sign in its own unit, and when; None when there is none."""
    entry = package_vitals().signs[sign]
    rows = record.engine.rows(
        "SELECT value, effective_us FROM result_row WHERE patient = ? AND loinc = ? AND effective_us <= ? AND effective_us >= ? "
        "AND status IN ('final', 'amended', 'corrected') AND unit = ? ORDER BY effective_us DESC LIMIT 1",
        (patient_id, entry.loinc, microseconds(at), microseconds(at - LATEST_WITHIN), entry.unit),
    )
    return (Decimal(rows[0][0]), moment_of_us(rows[0][1])) if rows else None


def _doubts(record: Record, patient: PatientFacts, values: Mapping[str, Decimal], at: datetime) -> list[Refusal]:
    adult = patient.birth_date is None or (at.date() - patient.birth_date).days >= NEWS2_AGE_MIN * 365
    weight, height = latest_sign(record, patient.id, "weight", at), latest_sign(record, patient.id, "height", at)
    return list(
        contradictions(
            values,
            adult=adult,
            last_weight_kg=weight[0] if weight else None,
            weight_days_ago=(at - weight[1]).days if weight else None,
            last_height_cm=height[0] if height else None,
        )
    )


@act("record_vitals")
def record_vitals(
    performance: Performance,
    patient_id: str,
    readings: Sequence[Reading],
    identification: PatientIdentification | None,
    *,
    work_id: str = "",
    devices: Sequence[str] = (),
    precautions_seen: Sequence[str] = (),
    confirmed: Sequence[str] = (),
    circumstances: Circumstances | None = None,
) -> RecordedVitals:
    """Chart vital signs of an identified patient; a critical one begins its call.

    `work_id` is the task they were asked by; `confirmed` the codes of contradictions that were measured again. Systolic and
    diastolic may come several times: their mean is charted, with every reading. Raises ActRefused (N1 to N6, N11 and the gate),
    NotFound.
    """
    record, at, how = performance.record, performance.at, circumstances or Circumstances()
    patient = patient_facts(record, patient_id, at)
    values, pairs, refusals = _read(readings)
    doubts = [*refusals, *_doubts(record, patient, values, at)]
    further = [one for one in doubts if not (one.code in CONFIRMABLE and one.code in confirmed)]
    further += [] if readings else [Refusal("vitals.nothing")]
    task = load(record, r4.Task, work_id) if work_id else None
    further += task_refusals(record, task, patient_id, performance.author)
    facts = facts_for(
        performance,
        identification=identification,
        precautions=patient.precautions,
        precautions_acknowledged=frozenset(precautions_seen),
        equipment=tuple(equipment_of(record, own) for own in devices),
    )
    focus = f"Task/{work_id}" if work_id else ""
    with perform(performance, "record_vitals", facts, further=further, patient=patient.reference, focus=focus) as performed:
        orders = order_ids_of(task) if task is not None else []
        alarms = critical_signs(values, patient.birth_date, at.astimezone(record.policy.zone).date(), package_vitals(), scale_2=how.scale_2)
        chart = _Chart(performance, performed, patient_id, orders, devices, how, alarms)
        chart.write(values, pairs)
        if task is not None:
            task.owner = reference(performance.author)
            end(task, at)
            performed.update(task)
            done = [load(record, r4.ServiceRequest, own) for own in orders]
            for order in done:
                order.status = "completed"
            for changed in (*done, *settled_series(record, done)):
                performed.update(changed)
    return RecordedVitals(tuple(chart.made), tuple(chart.calls))


def _quantity(sign: str, value: Decimal) -> r4.Quantity:
    unit = package_vitals().signs[sign].unit
    return r4.Quantity(value=value, unit=unit, system=UCUM, code=unit)


def _said(code: str) -> r4.CodeableConcept | None:
    return concept(MEASURING, code, code.replace("-", " ")) if code else None


@dataclass(slots=True)
class _Chart:
    """The observations of one round, as they are written."""

    performance: Performance
    performed: Performed
    patient: str
    orders: Sequence[str]
    devices: Sequence[str]
    how: Circumstances
    alarms: Mapping[str, Alarm]
    made: list[str] = field(default_factory=list[str])
    calls: list[str] = field(default_factory=list[str])

    def write(self, values: Mapping[str, Decimal], pairs: Sequence[Pressure]) -> None:
        """One observation a sign, the blood pressure as one; then how the patient responds."""
        both = {"systolic", "diastolic"} <= values.keys()
        for sign, value in values.items():
            if both and sign in ("systolic", "diastolic"):
                continue
            entry = package_vitals().signs[sign]
            code = r4.CodeableConcept(coding=[r4.Coding(system=LOINC, code=entry.loinc, display=entry.en)], text=entry.en)
            observation = self._observation(code, valueQuantity=_quantity(sign, value))
            if sign == "temperature":
                observation.bodySite = _said(self.how.temperature_route)
            if sign == "spo2" and self.how.oxygen is not None:
                breathing = "oxygen" if self.how.oxygen else "room-air"
                observation.component = [
                    r4.ObservationComponent(code=concept(MEASURING, "breathing"), valueCodeableConcept=_said(breathing))
                ]
            self._keep(observation, sign, value)
        if both:
            self._pressure(values["systolic"], values["diastolic"], pairs)
        if self.how.consciousness:
            said = concept(MEASURING, f"acvpu-{self.how.consciousness}", self.how.consciousness)
            self._keep(
                self._observation(concept(LOINC, RESPONSIVENESS, "Level of responsiveness", "responsiveness"), valueCodeableConcept=said)
            )

    def _observation(self, code: r4.CodeableConcept, **value: Any) -> r4.Observation:
        at = date_time(self.performance.at)
        return r4.Observation(
            status="final",
            category=[VITAL_SIGNS],
            code=code,
            subject=reference(f"Patient/{self.patient}"),
            effectiveDateTime=at,
            issued=at,
            performer=[reference(self.performance.author)],
            basedOn=[reference(f"ServiceRequest/{own}") for own in self.orders] or None,
            device=reference(f"Device/{self.devices[0]}") if self.devices else None,
            **value,
        )

    def _pressure(self, systolic: Decimal, diastolic: Decimal, pairs: Sequence[Pressure]) -> None:
        signs = package_vitals().signs
        parts = [
            r4.ObservationComponent(code=concept(LOINC, signs[name].loinc, signs[name].en), valueQuantity=_quantity(name, value))
            for name, value in (("systolic", systolic), ("diastolic", diastolic))
        ]
        if len(pairs) > 1:
            parts += [
                r4.ObservationComponent(code=r4.CodeableConcept(text=f"{name}, reading {number}"), valueQuantity=_quantity(name, value))
                for number, pair in enumerate(pairs, 1)
                for name, value in zip(("systolic", "diastolic"), pair, strict=True)
            ]
        parts += [
            r4.ObservationComponent(code=concept(LOINC, loinc, display), valueCodeableConcept=_said(code))
            for loinc, display, code in (("8361-8", "Body position", self.how.position), ("8358-4", "Cuff size", self.how.cuff))
            if code
        ]
        observation = self._observation(concept(LOINC, PRESSURE, "Blood pressure", "blood pressure"), component=parts)
        observation.bodySite = _said(self.how.site)
        observation.method = r4.CodeableConcept(text=f"mean of {len(pairs)} readings") if len(pairs) > 1 else None
        self._keep(observation, "systolic", systolic)

    def _keep(self, observation: r4.Observation, sign: str = "", value: Decimal = Decimal(0)) -> None:
        alarm = self.alarms.get(sign)
        mark_critical(observation, alarm)
        made = self.performed.create(observation)
        self.made.append(made.partition("/")[2])
        if alarm is not None:
            entry = package_vitals().signs[sign]
            self.calls.append(
                call_for(
                    self.performed,
                    self.performance,
                    made,
                    patient=self.patient,
                    name=entry.en,
                    value=value,
                    unit=entry.unit,
                    orders=self.orders,
                )
            )
