"""Orders of the demo clinic in every state, with their tubes and results."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final, Literal

from benchside.demo.words import ACCESSION, ORDER_NUMBER, category, concept, instant, loinc, quantity, to
from benchside.fhir import r4
from benchside.fhir.r4.codes import RequestPriorityCode, TaskStatusCode

INTERPRETATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
DIAGNOSTIC_SECTION: Final = "http://terminology.hl7.org/CodeSystem/v2-0074"
SPECIMEN_TYPE: Final = "http://terminology.hl7.org/CodeSystem/v2-0487"
WORDS_OF: Final = {"L": "Low", "H": "High", "N": "Normal"}


@dataclass(frozen=True, slots=True)
class Test:
    """One measured quantity. Limits are the demo site's own reference range; values come out within or a little beyond."""

    loinc: str
    name: str
    unit: str
    low: Decimal
    high: Decimal
    digits: int

    def value(self, random: Random) -> Decimal:
        """Draw a value: mostly inside the range, now and then outside, with the digits a laboratory reports."""
        span = self.high - self.low
        drawn = self.low + span * Decimal(random.randint(-15, 115)) / 100
        return max(drawn, self.low / 2).quantize(Decimal(1).scaleb(-self.digits))


@dataclass(frozen=True, slots=True)
class Panel:
    """What a clinician orders: a panel, its tests, and the tube it takes."""

    key: str
    loinc: str
    name: str
    section: tuple[str, str]
    specimen: tuple[str, str]
    tube: str
    tests: tuple[Test, ...]


def _test(code: str, name: str, unit: str, low: str, high: str, digits: int) -> Test:
    return Test(code, name, unit, Decimal(low), Decimal(high), digits)


CHEMISTRY: Final = Panel(
    "chem", "51990-0", "Basic metabolic panel", ("CH", "Chemistry"), ("SER", "Serum"), "Serum separator tube, gold cap",
    (
        _test("2345-7", "Glucose", "mg/dL", "70", "99", 0),
        _test("2823-3", "Potassium", "mmol/L", "3.5", "5.1", 1),
        _test("2951-2", "Sodium", "mmol/L", "136", "145", 0),
        _test("2075-0", "Chloride", "mmol/L", "98", "107", 0),
        _test("2160-0", "Creatinine", "mg/dL", "0.60", "1.20", 2),
    ),
)  # fmt: skip
BLOOD_COUNT: Final = Panel(
    "cbc", "58410-2", "Complete blood count", ("HM", "Hematology"), ("BLD", "Whole blood"), "EDTA tube, lavender cap",
    (
        _test("6690-2", "Leukocytes", "10*3/uL", "4.0", "11.0", 1),
        _test("718-7", "Hemoglobin", "g/dL", "12.0", "17.0", 1),
        _test("777-3", "Platelets", "10*3/uL", "150", "400", 0),
    ),
)  # fmt: skip
A1C: Final = Panel(
    "a1c", "4548-4", "Hemoglobin A1c", ("CH", "Chemistry"), ("BLD", "Whole blood"), "EDTA tube, lavender cap",
    (_test("4548-4", "Hemoglobin A1c", "%", "4.0", "5.6", 1),),
)  # fmt: skip
THYROID: Final = Panel(
    "tsh", "3016-3", "Thyrotropin", ("CH", "Chemistry"), ("SER", "Serum"), "Serum separator tube, gold cap",
    (_test("3016-3", "Thyrotropin", "m[IU]/L", "0.40", "4.50", 2),),
)  # fmt: skip
PANELS: Final = (CHEMISTRY, BLOOD_COUNT, A1C, THYROID)
State = Literal["waiting", "collected", "resulted"]
STATES: Final[tuple[State, ...]] = ("resulted", "resulted", "resulted", "collected", "waiting", "waiting")
TASK_STATUS: Final[dict[State, TaskStatusCode]] = {"waiting": "requested", "collected": "in-progress", "resulted": "completed"}
PRIORITIES: Final[tuple[RequestPriorityCode, ...]] = ("routine", "routine", "routine", "urgent", "stat")


def orders_of(number: int, random: Random, authored: datetime) -> Iterator[r4.AnyResource]:
    """Give one patient's orders: one or two panels, from waiting to resulted."""
    for panel in random.sample(PANELS, k=random.choice((1, 2))):
        yield from _order(number, panel, random, authored, random.choice(STATES))


def _order(number: int, panel: Panel, random: Random, authored: datetime, state: State) -> Iterator[r4.AnyResource]:
    prefix = f"demo-p{number:03d}-{panel.key}"
    priority = random.choice(PRIORITIES)
    yield _request(number, panel, prefix, authored, priority, state)
    yield _work(number, panel, prefix, authored, priority, state)
    if state == "waiting":
        return
    collected = authored + timedelta(minutes=random.randint(5, 30))
    yield _specimen(number, panel, prefix, collected)
    if state == "resulted":
        yield from _results(number, panel, prefix, random, collected)


def _request(number: int, panel: Panel, prefix: str, authored: datetime, priority: RequestPriorityCode, state: State) -> r4.ServiceRequest:
    return r4.ServiceRequest(
        id=prefix,
        identifier=[r4.Identifier(system=ORDER_NUMBER, value=f"O-{prefix[5:]}")],
        status="completed" if state == "resulted" else "active",
        intent="order",
        category=[concept("http://terminology.hl7.org/CodeSystem/v2-0074", "LAB", "Laboratory")],
        priority=priority,
        code=loinc(panel.loinc, panel.name),
        subject=to("Patient", f"demo-p{number:03d}"),
        encounter=to("Encounter", f"demo-p{number:03d}-visit"),
        authoredOn=instant(authored),
        requester=to("Practitioner", "demo-clara", "Clara Whitfield"),
    )


def _work(number: int, panel: Panel, prefix: str, authored: datetime, priority: RequestPriorityCode, state: State) -> r4.Task:
    return r4.Task(
        id=f"{prefix}-work",
        status=TASK_STATUS[state],
        intent="order",
        priority=priority,
        description=f"Collect for {panel.name}",
        focus=to("ServiceRequest", prefix),
        for_=to("Patient", f"demo-p{number:03d}"),
        authoredOn=instant(authored),
        owner=None if state == "waiting" else to("Practitioner", "demo-tomas", "Tomás Rivera"),
        location=to("Location", "demo-draw", "Collection room"),
    )


def _specimen(number: int, panel: Panel, prefix: str, collected: datetime) -> r4.Specimen:
    return r4.Specimen(
        id=f"{prefix}-tube",
        accessionIdentifier=r4.Identifier(system=ACCESSION, value=f"A-{prefix[5:]}"),
        status="available",
        type=concept(SPECIMEN_TYPE, *panel.specimen),
        subject=to("Patient", f"demo-p{number:03d}"),
        request=[to("ServiceRequest", prefix)],
        collection=r4.SpecimenCollection(
            collector=to("Practitioner", "demo-tomas", "Tomás Rivera"),
            collectedDateTime=instant(collected),
            bodySite=r4.CodeableConcept(text="Left antecubital fossa"),
        ),
        container=[r4.SpecimenContainer(type=r4.CodeableConcept(text=panel.tube))],
    )


def _results(number: int, panel: Panel, prefix: str, random: Random, collected: datetime) -> Iterator[r4.AnyResource]:
    issued = collected + timedelta(minutes=random.randint(25, 70))
    results = [_result(number, test, prefix, random, collected, issued) for test in panel.tests]
    yield from results
    yield r4.DiagnosticReport(
        id=f"{prefix}-report",
        basedOn=[to("ServiceRequest", prefix)],
        status="final",
        category=[concept(DIAGNOSTIC_SECTION, *panel.section)],
        code=loinc(panel.loinc, panel.name),
        subject=to("Patient", f"demo-p{number:03d}"),
        encounter=to("Encounter", f"demo-p{number:03d}-visit"),
        effectiveDateTime=instant(collected),
        issued=instant(issued),
        performer=[to("Practitioner", "demo-sena", "Sena Okafor")],
        specimen=[to("Specimen", f"{prefix}-tube")],
        result=[to("Observation", str(result.id)) for result in results],
    )


def _result(number: int, test: Test, prefix: str, random: Random, collected: datetime, issued: datetime) -> r4.Observation:
    value = test.value(random)
    flag = "L" if value < test.low else "H" if value > test.high else "N"
    return r4.Observation(
        id=f"{prefix}-{test.loinc}",
        basedOn=[to("ServiceRequest", prefix)],
        status="final",
        category=category("laboratory", "Laboratory"),
        code=loinc(test.loinc, test.name),
        subject=to("Patient", f"demo-p{number:03d}"),
        encounter=to("Encounter", f"demo-p{number:03d}-visit"),
        effectiveDateTime=instant(collected),
        issued=instant(issued),
        performer=[to("Practitioner", "demo-sena", "Sena Okafor")],
        valueQuantity=quantity(value, test.unit),
        interpretation=[concept(INTERPRETATION, flag, WORDS_OF[flag])],
        specimen=to("Specimen", f"{prefix}-tube"),
        referenceRange=[r4.ObservationReferenceRange(low=quantity(test.low, test.unit), high=quantity(test.high, test.unit))],
    )
