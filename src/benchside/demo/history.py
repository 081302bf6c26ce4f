"""What the demo clinic did before today: visits over three years, the last month with every step and its time.

Written as resources, the way an import brings another system's past: today's work is done by acts (day.py).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from typing import Final

from benchside.areas.bedside.acts.vital_signs import PRESSURE, VITAL_SIGNS
from benchside.areas.bedside.vitals import package_vitals
from benchside.areas.laboratory.acts.results_kept import LABORATORY, Judged, code_of_analyte, put_value, value_text
from benchside.areas.laboratory.acts.tubes_kept import labelled_tube
from benchside.areas.laboratory.calculations import calculate
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.critical import critical_limits, is_critical, package_critical
from benchside.areas.laboratory.order_of_draw import PlannedTube, plan_collections
from benchside.areas.laboratory.reception import package_reception
from benchside.areas.laboratory.results import interpret, read_value
from benchside.areas.laboratory.tubes import package_tubes
from benchside.areas.laboratory.words import Analyte, Patient
from benchside.demo.house import ANALYZERS, COLLECTION_ROOMS
from benchside.demo.patients import Profile, measured
from benchside.demo.staff import BY_NAME, ORGANIZATION, SITE_NAME, Worker
from benchside.demo.words import ACT_CODE, chance, period, quantity, to
from benchside.fhir import r4
from benchside.readiness.gathering.kept import (
    ICD10,
    LOINC,
    REASON,
    REJECTION,
    REQUISITION,
    TEST,
    add_fact,
    concept,
    date_time,
    reference,
)
from benchside.readiness.gathering.tasks import end, new_task
from benchside.terms.quantity import Quantity, rounded

YEARS: Final = 3
RECENT_DAYS: Final = 30
VISITS_A_DAY: Final = 7
ORDERERS: Final = ("clara", "daniel", "clara", "daniel", "omar", "maya")
COLLECTORS: Final = ("tomas", "keiko", "sena", "victor", "omar")
BENCH: Final = ("hugo", "keiko", "victor", "sena")
CAUSES: Final = ("HEMOLYZED", "HEMOLYZED", "HEMOLYZED", "CLOTTED", "QNS", "UNDERFILLED_CITRATE", "UNLABELED")
MINUTES: Final = {
    "stat": (7, 5, 30, 14),
    "urgent": (15, 8, 45, 40),
    "routine": (36, 13, 78, 320),
}
"""Median minutes of the demo by priority: order to collect, collect to receive, receive to result, result to acknowledge."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One past visit with blood taken; `progress` is how far the history had come, `whole`: every step is kept."""

    profile: Profile
    at: datetime
    codes: tuple[str, ...]
    priority: str
    progress: float
    number: int
    whole: bool

    @property
    def prefix(self) -> str:
        """Begins the ids of all its resources."""
        return f"{self.profile.id}-v{self.number}"


def visits(everybody: Sequence[Profile], seed: int, at: datetime) -> list[Visit]:
    """The past visits in order of time: a few a patient over the years, and about VISITS_A_DAY on each recent weekday."""
    found: list[Visit] = []
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    for profile in everybody:
        random = chance(seed, profile.number, "visits")
        often = len(profile.traits)
        count = random.choice((0, 1, 1)) if profile.age(at.date()) < 18 else min(1 + 2 * often, 6) - random.choice((0, 0, 1))
        for number in range(count):
            back = RECENT_DAYS + 2 + (count - number - 1 + random.random() * 0.6) * (YEARS * 365 - 40) / max(count, 2)
            moment = _weekday(midnight - timedelta(days=int(back))) + timedelta(minutes=random.randint(480, 940))
            found.append(Visit(profile, moment, _menu(profile, random), "routine", (number + 0.5) / count, number, whole=False))
    adults = [profile for profile in everybody if profile.age(at.date()) >= 18]
    random, number = chance(seed, "recent"), 50
    for back in range(RECENT_DAYS, 0, -1):
        day = midnight - timedelta(days=back)
        many = VISITS_A_DAY + random.randint(-2, 3) if day.weekday() < 5 else random.randint(0, 2)
        for profile in random.sample(adults, k=many):
            number += 1
            priority = random.choices(("stat", "urgent", "routine"), (12, 18, 70))[0]
            moment = day + timedelta(minutes=random.choice((random.randint(450, 600), random.randint(480, 990))))
            found.append(Visit(profile, moment, _menu(profile, random), priority, 0.97, number, whole=True))
    return sorted(found, key=lambda visit: visit.at)


def _weekday(day: datetime) -> datetime:
    return day - timedelta(days=max(0, day.weekday() - 4))


def _menu(profile: Profile, random: Random) -> tuple[str, ...]:
    """What is ordered for somebody who lives with this."""
    wanted: list[str] = []
    wanted += ["HBA1C", "BMP"] if "diabetes" in profile.traits else []
    wanted += ["LIPID"] if "lipids" in profile.traits else []
    wanted += ["THYROID"] if "thyroid" in profile.traits else []
    wanted += ["CBC", "FERRITIN"] if "anemia" in profile.traits else []
    wanted += ["INR"] if "anticoagulated" in profile.traits else []
    wanted += ["BMP"] if profile.traits & {"kidney", "hypertension"} else []
    wanted += [random.choice(("BMP", "CBC", "CBC", "TSH", "LIPID", "CRP", "VITD", "UA", "POTASSIUM"))]
    return tuple(code for code in dict.fromkeys(wanted[:3]) if code != "POTASSIUM" or "BMP" not in wanted)


@cache
def tubes_for(codes: tuple[str, ...]) -> tuple[PlannedTube, ...]:
    """The tubes of these orders, whatever the way they are taken."""
    catalogue = package_catalogue()
    ways = plan_collections(catalogue.tests_of(codes), catalogue, package_tubes())
    return tuple(tube for plan in ways.values() for tube in plan.tubes if tube.tests)


def analyzer_of(code: str) -> str:
    """The instrument that measures an order."""
    catalogue = package_catalogue()
    kind = catalogue.panels[code].definition.kind if code in catalogue.panels else catalogue.tests[code].definition.kind
    return ANALYZERS.get(kind, ANALYZERS["chemistry"])


@dataclass(frozen=True, slots=True)
class Times:
    """When each step of a visit was done."""

    ordered: datetime
    collected: datetime
    received: datetime
    resulted: datetime
    acknowledged: datetime


def _times(visit: Visit, random: Random) -> Times:
    slow = 1.35 if visit.at.weekday() == 0 and visit.at.hour < 11 else 1.0
    steps = [timedelta(minutes=math.exp(random.gauss(math.log(median * slow), 0.45))) for median in MINUTES[visit.priority]]
    moments = [visit.at]
    for step in steps:
        moments.append((moments[-1] + step).replace(microsecond=0))
    return Times(*moments)


@dataclass(slots=True)
class Numbers:
    """Numbers given out in the past, year by year, so that today's go on after them."""

    tubes: dict[int, int]
    requisitions: dict[int, int]

    def accession(self, at: datetime) -> str:
        """The next accession number of the year."""
        self.tubes[at.year] = self.tubes.get(at.year, 0) + 1
        return f"{at:%y}-{self.tubes[at.year]:07d}"

    def requisition(self, at: datetime) -> str:
        """The next requisition number of the year."""
        self.requisitions[at.year] = self.requisitions.get(at.year, 0) + 1
        return f"R{at:%y}-{self.requisitions[at.year]:07d}"


def visit_resources(visit: Visit, numbers: Numbers) -> Iterator[r4.AnyResource]:
    """Everything one past visit left in the record."""
    random = chance(visit.profile.seed, visit.profile.number, visit.number, "visit")
    story = _Story(visit, numbers, random, _times(visit, random))
    yield from story.resources()


class _Story:
    """One visit while it is written down."""

    def __init__(self, visit: Visit, numbers: Numbers, random: Random, times: Times) -> None:
        self.visit, self.numbers, self.random, self.times = visit, numbers, random, times
        self.orderer = BY_NAME[random.choice(ORDERERS)]
        self.collector = BY_NAME[random.choice(COLLECTORS)]
        self.bench, self.verifier = (BY_NAME[name] for name in random.sample(BENCH, k=2))
        self.location = random.choice(COLLECTION_ROOMS)
        self.requisition = numbers.requisition(visit.at)
        self.patient = to("Patient", visit.profile.id)
        self.orders = {code: f"{visit.prefix}-{code.lower().replace('_', '-')}" for code in visit.codes}

    def resources(self) -> Iterator[r4.AnyResource]:
        """In an order in which every reference points backwards or inside."""
        yield self._encounter()
        if self.visit.number % 2 == 0 and self.visit.profile.age(self.visit.at.date()) >= 18:
            yield from self._signs()
        for code, own in self.orders.items():
            yield self._request(code, own)
        redrawn = self.visit.whole and self.random.random() < 0.05
        collection = f"{self.visit.prefix}-collect"
        if self.visit.whole:
            yield self._work("collect", collection, self.visit.at, self.times.collected, self.collector)
        if redrawn:
            again = f"{self.visit.prefix}-recollect"
            yield self._recollection(again, collection)
            yield from self._specimens(collection, "a", lost=True)
            collection = again
        specimens = list(self._specimens(collection, "b", lost=False))
        yield from specimens
        if self.visit.whole:
            bring = self._work("receive", f"{self.visit.prefix}-receive", self.times.collected, self.times.received, self.bench)
            for specimen in specimens:
                add_fact(bring, "specimen", valueReference=reference(f"Specimen/{specimen.id}"))
            yield bring
        for code, own in self.orders.items():
            yield from self._report(code, own, specimens)

    def _encounter(self) -> r4.Encounter:
        return r4.Encounter(
            id=self.visit.prefix,
            status="finished",
            class_=r4.Coding(system=ACT_CODE, code="AMB", display="ambulatory"),
            subject=self.patient,
            participant=[r4.EncounterParticipant(individual=to("Practitioner", self.orderer.practitioner, self.orderer.name))],
            period=period(self.visit.at - timedelta(minutes=15), self.times.collected + timedelta(minutes=10)),
            location=[r4.EncounterLocation(location=to("Location", self.location))],
            serviceProvider=to("Organization", ORGANIZATION, SITE_NAME),
        )

    def _signs(self) -> Iterator[r4.Observation]:
        """Vital signs of the visit, blood pressure as one observation of two parts."""
        signs, values = package_vitals().signs, self.visit.profile.signs(self.visit.prefix)
        parts = [
            r4.ObservationComponent(
                code=concept(LOINC, signs[name].loinc, signs[name].en), valueQuantity=quantity(values.pop(name), "mm[Hg]")
            )
            for name in ("systolic", "diastolic")
        ]
        shown = [(name, concept(LOINC, signs[name].loinc, signs[name].en, signs[name].en), value) for name, value in values.items()]
        for name, code, value in [*shown, ("pressure", concept(LOINC, PRESSURE, "Blood pressure", "blood pressure"), None)]:
            yield r4.Observation(
                id=f"{self.visit.prefix}-{name.replace('_', '-')}",
                status="final",
                category=[VITAL_SIGNS],
                code=code,
                subject=self.patient,
                encounter=to("Encounter", self.visit.prefix),
                effectiveDateTime=date_time(self.visit.at - timedelta(minutes=9)),
                issued=date_time(self.visit.at - timedelta(minutes=9)),
                performer=[to("Practitioner", self.collector.practitioner)],
                valueQuantity=quantity(value, signs[name].unit) if value is not None else None,
                component=parts if value is None else None,
            )

    def _request(self, code: str, own: str) -> r4.ServiceRequest:
        return r4.ServiceRequest(
            id=own,
            status="completed",
            intent="order",
            priority=self.visit.priority,  # type: ignore[arg-type]  # one of request-priority's codes
            code=order_code(code),
            subject=self.patient,
            encounter=to("Encounter", self.visit.prefix),
            requester=to("Practitioner", self.orderer.practitioner, self.orderer.name),
            authoredOn=date_time(self.visit.at),
            requisition=r4.Identifier(system=REQUISITION, value=self.requisition),
            locationReference=[to("Location", self.location)],
            reasonCode=[concept(ICD10, "E11.9")] if "diabetes" in self.visit.profile.traits else None,
        )

    def _work(self, kind: str, own: str, begun: datetime, ended: datetime, owner: Worker, focus: str = "", code: str = "") -> r4.Task:
        task = new_task(
            kind,
            begun,
            requester=f"Practitioner/{self.orderer.practitioner}",
            patient=self.visit.profile.id,
            orders=[self.orders[code]] if code else list(self.orders.values()),
            focus=focus,
            owner=f"Practitioner/{owner.practitioner}",
            priority=self.visit.priority,
            location=self.location,
            requisition=self.requisition,
        )
        task.id = own
        task.executionPeriod = period(begun)
        end(task, ended)
        return task

    def _recollection(self, own: str, before: str) -> r4.Task:
        rejected = self.times.received - timedelta(minutes=4)
        self.times = Times(self.times.ordered, *(moment + timedelta(minutes=48) for moment in _steps(self.times)))
        task = self._work("collect", own, rejected, self.times.collected, self.collector)
        task.partOf, task.reasonCode = [reference(f"Task/{before}")], concept(REASON, "recollection")
        return task

    def _specimens(self, collection: str, letter: str, *, lost: bool) -> Iterator[r4.Specimen]:
        catalogue = package_catalogue()
        shift = timedelta(minutes=-48) if lost else timedelta()
        for place, planned in enumerate(tubes_for(self.visit.codes)):
            served = [own for code, own in self.orders.items() if set(planned.tests) & set(catalogue.tests_of([code]))]
            collected = self.times.collected + shift + timedelta(seconds=20 * place)
            accession = self.numbers.accession(collected)
            specimen = labelled_tube(
                planned, package_tubes(), accession=accession, patient=self.visit.profile.id, orders=served, work=collection
            )
            specimen.id, specimen.status = f"{self.visit.prefix}-tube-{letter}{place}", "available"
            specimen.collection = r4.SpecimenCollection(
                collector=to("Practitioner", self.collector.practitioner),
                collectedDateTime=date_time(collected),
                quantity=specimen.container[0].capacity if specimen.container else None,
            )
            specimen.receivedTime = date_time(max(self.times.received + shift, collected))
            if not self.visit.whole:  # the task it was labelled for is not part of the imported past
                specimen.extension = [one for one in specimen.extension or () if not one.url.endswith("/work")]
            if lost:
                cause = self.random.choice(CAUSES)
                entry = package_reception().rejections[cause]
                codings = [r4.Coding(system=REASON, code=cause), *([r4.Coding(system=REJECTION, code=entry.hl7)] if entry.hl7 else [])]
                specimen.status, specimen.condition = "unsatisfactory", [r4.CodeableConcept(coding=codings, text=entry.en)]
            yield specimen

    def _report(self, code: str, own: str, specimens: Sequence[r4.Specimen]) -> Iterator[r4.AnyResource]:
        tube = next(one for one in specimens if any(asked.reference == f"ServiceRequest/{own}" for asked in one.request or ()))
        results = list(results_of(self.visit, code, self.times))
        for result in results:
            result.basedOn = [to("ServiceRequest", own)]
            result.encounter = to("Encounter", self.visit.prefix)
            result.specimen = to("Specimen", tube.id or "")
            result.performer = [to("Practitioner", self.bench.practitioner)]
            result.device = to("Device", analyzer_of(code))
            yield result
        report = r4.DiagnosticReport(
            id=f"{own}-report",
            basedOn=[to("ServiceRequest", own)],
            status="final",
            code=order_code(code),
            subject=self.patient,
            encounter=to("Encounter", self.visit.prefix),
            effectiveDateTime=date_time(self.times.collected),
            issued=date_time(self.times.resulted),
            resultsInterpreter=[to("Practitioner", self.verifier.practitioner)],
            specimen=[to("Specimen", tube.id or "")],
            result=[to("Observation", result.id or "") for result in results],
        )
        yield report
        if not self.visit.whole:
            return
        focus = f"DiagnosticReport/{report.id}"
        yield self._work("review-result", f"{own}-review", self.times.resulted, self.times.acknowledged, self.orderer, focus, code)
        for result in results:
            if result.interpretation and result.interpretation[0].coding and result.interpretation[0].coding[0].code in ("LL", "HH"):
                yield self._call(result, code)

    def _call(self, result: r4.Observation, code: str) -> r4.Task:
        heard = self.times.resulted + timedelta(minutes=self.random.randint(3, 24))
        task = self._work("call-critical", f"{result.id}-call", self.times.resulted, heard, self.verifier, f"Observation/{result.id}", code)
        task.priority, task.description = "stat", f"{code} {value_text(result)}"
        add_fact(task, "value", valueString=value_text(result))
        return task


def _steps(times: Times) -> tuple[datetime, ...]:
    return times.collected, times.received, times.resulted, times.acknowledged


@cache
def order_code(code: str) -> r4.CodeableConcept:
    """The concept an order of the catalogue bears, as `place_order` writes it."""
    catalogue = package_catalogue()
    entry = catalogue.tests.get(code)
    loinc = entry.facts.loinc if entry is not None else catalogue.panels[code].definition.loinc
    name = entry.name.en if entry is not None else catalogue.panels[code].name.en
    codings = [r4.Coding(system=TEST, code=code, display=name), *([r4.Coding(system=LOINC, code=loinc)] if loinc else [])]
    return r4.CodeableConcept(coding=codings, text=name)


def results_of(visit: Visit, code: str, times: Times) -> Iterator[r4.Observation]:
    """The results of one order, judged by the laboratory's own rules, calculated ones with them."""
    catalogue, profile = package_catalogue(), visit.profile
    on, person = times.collected.date(), Patient(profile.birth, profile.gender)
    numbers: dict[str, Decimal] = {}
    for name in catalogue.results_of(code):
        analyte = catalogue.analyte(name)
        if analyte.formula is None:
            value, _ = read_value(_rare(visit, name) or measured(profile, name, on, visit.progress, str(visit.number)), analyte)
        else:
            exact = calculate(analyte.formula, numbers, person, on)
            value = None if exact is None else Quantity(rounded(exact, analyte.decimals or 0), analyte.unit)
        if value is None:
            continue
        if isinstance(value, Quantity):
            numbers[name] = value.value
        limits = critical_limits(name, person, on, catalogue, package_critical())
        judged = Judged(interpret(value, analyte, person, on, critical=limits), is_critical(name, value, limits, package_critical()), None)
        yield _observation(visit, code, analyte, value, judged, times)


def _rare(visit: Visit, name: str) -> str:
    """Now and then a value of the last month is critical."""
    critical = {"POTASSIUM": "6.7", "GLUCOSE": "478", "INR": "6.1", "HGB": "6.4"}
    return critical[name] if visit.whole and name in critical and visit.number % 31 == 7 else ""


def _observation(visit: Visit, code: str, analyte: Analyte, value: object, judged: Judged, times: Times) -> r4.Observation:
    observation = r4.Observation(
        id=f"{visit.prefix}-{code}-{analyte.code}".lower().replace("_", "-"),
        status="final",
        category=[LABORATORY],
        code=code_of_analyte(analyte),
        subject=to("Patient", visit.profile.id),
        effectiveDateTime=date_time(times.collected),
        issued=date_time(times.resulted),
    )
    put_value(observation, value, judged)  # type: ignore[arg-type]  # one of the rules' values
    return observation


def weights(everybody: Sequence[Profile], at: datetime) -> Iterator[r4.Observation]:
    """The last body weight of every child: without it nobody may draw their blood."""
    for profile in everybody:
        years = profile.age(at.date())
        if years < 18:
            yield r4.Observation(
                id=f"{profile.id}-weight",
                status="final",
                category=[VITAL_SIGNS],
                code=concept(LOINC, "29463-7", "weight", "weight"),
                subject=to("Patient", profile.id),
                effectiveDateTime=date_time(at - timedelta(days=20)),
                valueQuantity=quantity(Decimal(8 + 3 * years), "kg"),
            )
