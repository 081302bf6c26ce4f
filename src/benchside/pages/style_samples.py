"""Invented people, orders and figures for the style pages. Nothing here is about anybody; names of tests are not translated."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from benchside.pages.charts import Bar, Line, Spread
from benchside.pages.shapes import (
    Allergy,
    Event,
    Flag,
    NavigationItem,
    Option,
    Patient,
    Person,
    Prior,
    Reason,
    Result,
    Step,
    Tube,
    Work,
)

Words = Callable[[str], str]

SEED = 20260503


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Everything that the style pages show."""

    people: tuple[Person, ...]
    patients: tuple[Patient, ...]
    work: tuple[Work, ...]
    tubes: tuple[Tube, ...]
    steps: tuple[Step, ...]
    problem_steps: tuple[Step, ...]
    events: tuple[Event, ...]
    results: tuple[Result, ...]
    reasons: tuple[Reason, ...]
    spreads: tuple[Spread, ...]
    rejections: tuple[Bar, ...]
    minutes: tuple[float, ...]
    days: tuple[str, ...]
    trends: tuple[Line, ...]


def samples(_: Words, now: datetime) -> Samples:
    """Build the samples around `now`, with words translated by `_`."""
    people = (
        Person(reference="Practitioner/1", name="Rosa Delgado", role=_("Senior technician")),
        Person(reference="Practitioner/2", name="Tom Adeyemi", role=_("Technician")),
        Person(reference="Practitioner/3", name="Dr. Ines Vogel", role=_("Physician")),
    )
    patients = _patients(_)
    tubes = _tubes(_)
    chance = random.Random(SEED)  # noqa: S311 # sample minutes for a chart, the same at every drawing
    return Samples(
        people=people,
        patients=patients,
        work=_work(_, now, people, patients, tubes),
        tubes=tubes,
        steps=_steps(_, now),
        problem_steps=_problem_steps(_, now),
        events=_events(_, now),
        results=_results(now, _),
        reasons=_reasons(_),
        spreads=_spreads(_),
        rejections=(
            Bar(label=_("Hemolyzed"), value=14, text="14", emphasis=True),
            Bar(label=_("Too little blood"), value=6, text="6"),
            Bar(label=_("Clotted"), value=5, text="5"),
            Bar(label=_("Label missing"), value=2, text="2"),
            Bar(label=_("Wrong tube"), value=1, text="1"),
        ),
        minutes=tuple(round(chance.lognormvariate(3.55, 0.42), 1) for _index in range(220)),
        days=tuple(str(day) for day in range(1, 15)),
        trends=(
            Line(label=_("median"), values=(38, 36, 41, 37, 35, 33, None, 34, 36, 32, 31, 33, 30, 31)),
            Line(label="p90", values=(71, 66, 83, 74, 64, 61, None, 63, 70, 58, 55, 62, 54, 57)),
        ),
    )


def navigation(_: Words, current: str) -> tuple[NavigationItem, ...]:
    """Give the places of a technician, each leading to a sample screen."""
    places = (
        ("worklist", _("Worklist"), "worklist", 12, False),
        ("collect", _("Collect"), "tube", None, False),
        ("results", _("Results"), "flask", 3, True),
        ("board", _("Board"), "board", None, False),
        ("foundations", _("Style"), "note", None, False),
    )
    screens = {"worklist", "collect", "results", "board"}
    return tuple(
        NavigationItem(
            text=text,
            url="/style/" if name == "foundations" else f"/style/{name}/",
            icon=icon,
            count=count,
            urgent=urgent,
            current=current == name or (name == "foundations" and current not in screens),
        )
        for name, text, icon, count, urgent in places
    )


def catalogue() -> tuple[Option, ...]:
    """Give tests to search among."""
    rows = (
        ("cbc", "Complete blood count", "EDTA, 3 mL"),
        ("bmp", "Basic metabolic panel", "Serum gel, 3.5 mL"),
        ("cmp", "Comprehensive metabolic panel", "Serum gel, 3.5 mL"),
        ("pt", "Prothrombin time and INR", "Citrate, 2.7 mL"),
        ("k", "Potassium", "Serum gel, 3.5 mL"),
        ("tsh", "Thyroid-stimulating hormone", "Serum gel, 3.5 mL"),
        ("lip", "Lipid panel", "Serum gel, 3.5 mL"),
        ("a1c", "Hemoglobin A1c", "EDTA, 3 mL"),
        ("glu", "Glucose", "Fluoride, 2 mL"),
    )
    return tuple(Option(value=value, text=text, hint=hint, icon="tube") for value, text, hint in rows)


def _patients(_: Words) -> tuple[Patient, ...]:
    return (
        Patient(
            reference="Patient/1",
            name="GARCÍA LÓPEZ, María Elena",
            birth_date="1961-02-14",
            mrn="004-218-77",
            sex=_("female"),
            allergies=(
                Allergy(substance=_("Penicillin"), reaction=_("anaphylaxis"), severe=True),
                Allergy(substance=_("Latex"), reaction=_("rash")),
            ),
            precautions=(
                Flag(text=_("Contact isolation"), icon="shield"),
                Flag(text=_("Fistula: no draw on the left arm"), icon="arm", tone="danger"),
            ),
            notes=(_("Difficult draw: right hand, winged set"),),
            language=_("Spanish"),
            interpreter=True,
            url="/style/results/",
        ),
        Patient(reference="Patient/2", name="LEE, Ann", birth_date="2025-08-03", mrn="004-220-05", sex=_("female"), allergies=()),
        Patient(
            reference="Patient/3",
            name="OYELARAN, Babatunde",
            birth_date="1948-11-30",
            mrn="003-991-40",
            sex=_("male"),
            allergies=None,
            precautions=(Flag(text=_("Fall risk"), icon="fall"),),
        ),
        Patient(
            reference="Patient/4",
            name="الخطيب، ليلى",
            birth_date="1990",
            mrn=None,
            sex=None,
            allergies=(),
            language=_("Arabic"),
            interpreter=True,
        ),
        Patient(
            reference="Patient/5",
            name="VAN DER WESTHUIZEN-MONTGOMERY, Christopher Alexander",
            birth_date="1975-06-21",
            mrn="001-000-09",
            sex=_("male"),
            allergies=(),
        ),
    )


def _work(_: Words, now: datetime, people: tuple[Person, ...], patients: tuple[Patient, ...], tubes: tuple[Tube, ...]) -> tuple[Work, ...]:
    return (*_urgent_work(_, now, people, patients, tubes), *_quiet_work(_, now, people, patients, tubes))


def _urgent_work(
    _: Words, now: datetime, people: tuple[Person, ...], patients: tuple[Patient, ...], tubes: tuple[Tube, ...]
) -> tuple[Work, ...]:
    return (
        Work(
            id="1",
            url="/style/collect/",
            patient=patients[0],
            what="Troponin I, Potassium",
            place=_("Room 4"),
            priority="stat",
            status="ordered",
            due=now + timedelta(minutes=-7),
            tubes=tubes[1:2],
        ),
        Work(
            id="2",
            url="/style/collect/",
            patient=patients[2],
            what="PT and INR, CBC",
            place=_("Room 2"),
            priority="urgent",
            status="claimed",
            due=now + timedelta(minutes=11),
            claimed_by=people[1],
            tubes=(tubes[0], tubes[2]),
        ),
    )


def _quiet_work(
    _: Words, now: datetime, people: tuple[Person, ...], patients: tuple[Patient, ...], tubes: tuple[Tube, ...]
) -> tuple[Work, ...]:
    return (
        Work(
            id="3",
            url="/style/collect/",
            patient=patients[1],
            what="Bilirubin total",
            place=_("Nursery"),
            priority="timed",
            status="ordered",
            due=now + timedelta(minutes=38),
            preparation=_("Heel stick, keep dark"),
            tubes=(replace(tubes[1], container="capillary"),),
        ),
        Work(
            id="4",
            url="/style/collect/",
            patient=patients[4],
            what="Lipid panel, Glucose",
            place=_("Draw chair 1"),
            priority="routine",
            status="in-progress",
            due=now + timedelta(minutes=84),
            claimed_by=people[0],
            preparation=_("Fasting since 21:00"),
            tubes=(tubes[1], tubes[3]),
        ),
        Work(
            id="5",
            url="/style/collect/",
            patient=patients[3],
            what="Hemoglobin A1c",
            place=None,
            priority="routine",
            status="on-hold",
            due=None,
        ),
    )


def _tubes(_: Words) -> tuple[Tube, ...]:
    return (
        Tube(
            cap="light-blue",
            additive=_("Sodium citrate 3.2 %"),
            volume_ml=Decimal("2.7"),
            position=1,
            fill=0.9,
            label="scanned",
            inversions="3-4",
            tests=("PT", "INR"),
            accession="26-0412-01",
        ),
        Tube(
            cap="gold",
            additive=_("Clot activator and gel"),
            volume_ml=Decimal("3.5"),
            position=2,
            fill=0.85,
            gel=True,
            label="printed",
            inversions="5",
            tests=("Potassium", "Creatinine", "Troponin I"),
            accession="26-0412-02",
        ),
        Tube(cap="lavender", additive=_("K2 EDTA"), volume_ml=Decimal("3.0"), position=3, fill=0.0, inversions="8-10", tests=("CBC",)),
        Tube(
            cap="gray",
            additive=_("Fluoride and oxalate"),
            volume_ml=Decimal("2.0"),
            position=4,
            inversions="8-10",
            handling=(_("On ice"), _("Release the tourniquet")),
            tests=("Lactate",),
        ),
    )


def _steps(_: Words, now: datetime) -> tuple[Step, ...]:
    def at(minutes: int) -> datetime:
        return now - timedelta(minutes=minutes)

    return (
        Step(text=_("Ordered"), state="done", at=at(52), by="Dr. Ines Vogel"),
        Step(text=_("Collected"), state="done", at=at(31), by="Rosa Delgado"),
        Step(text=_("Received"), state="done", at=at(19), by="Tom Adeyemi"),
        Step(text=_("Measured"), state="current"),
        Step(text=_("Verified"), state="waiting"),
        Step(text=_("Acknowledged"), state="waiting"),
    )


def _problem_steps(_: Words, now: datetime) -> tuple[Step, ...]:
    return (
        *_steps(_, now)[:2],
        Step(text=_("Rejected"), state="problem", at=now - timedelta(minutes=12), by="Tom Adeyemi", note=_("Hemolyzed: collect again")),
        *(Step(text=step.text, state="waiting") for step in _steps(_, now)[3:]),
    )


def _events(_: Words, now: datetime) -> tuple[Event, ...]:
    return (
        Event(text=_("Called to Dr. Ines Vogel, read back"), at=now - timedelta(minutes=3), by="Rosa Delgado", tone="good", icon="phone"),
        Event(text=_("No answer at extension 4410"), at=now - timedelta(minutes=9), by="Rosa Delgado", tone="warning", icon="phone"),
        Event(
            text=_("Critical: Potassium 6.8 mmol/L"),
            at=now - timedelta(minutes=11),
            by="Tom Adeyemi",
            tone="danger",
            icon="alarm",
            detail=_("Repeated on the same tube: 6.7 mmol/L. No hemolysis."),
        ),
        Event(text=_("Specimen received"), at=now - timedelta(minutes=30), by="Tom Adeyemi", icon="inbox"),
    )


def _results(now: datetime, _: Words) -> tuple[Result, ...]:
    def priors(*values: str) -> tuple[Prior, ...]:
        count = len(values)
        return tuple(Prior(value=Decimal(value), at=now - timedelta(days=40 * (count - index))) for index, value in enumerate(values))

    def result(name: str, value: str, unit: str, low: str | None, high: str | None, **more: object) -> Result:
        plain = Result(
            name=name,
            value=Decimal(value),
            unit=unit,
            low=None if low is None else Decimal(low),
            high=None if high is None else Decimal(high),
            at=now,
        )
        return replace(plain, **more)

    return (
        result(
            "Potassium",
            "6.8",
            "mmol/L",
            "3.5",
            "5.1",
            flag="HH",
            priors=priors("4.4", "4.6", "5.0"),
            status="preliminary",
            note=_("No hemolysis"),
        ),
        result("Sodium", "138", "mmol/L", "136", "145", flag="N", priors=priors("139", "141", "140")),
        result("Creatinine", "1.90", "mg/dL", "0.60", "1.20", flag="H", priors=priors("1.10", "1.24", "1.45"), status="amended"),
        result("Calcium", "8.30", "mg/dL", "8.60", "10.20", flag="L", priors=priors("9.10")),
        result("eGFR", "34", "mL/min/1.73 m²", "60", None, flag="L"),
        result("NT-proBNP", "412", "pg/mL", None, None),
        Result(name="Troponin I", value=None, unit="ng/L", status="in-analysis"),
        Result(name="HIV 1+2 Ab", value=_("Not detected"), unit=None, range_text=_("Not detected"), flag="N", at=now),
    )


def _reasons(_: Words) -> tuple[Reason, ...]:
    return (
        Reason(
            code="competence.lapsed",
            words=_("Your sign-off for venipuncture ended on 3 May."),
            remedy=_("Ask a senior technician to observe you, or hand this over."),
            overridable=True,
        ),
        Reason(
            code="consent.missing",
            words=_("There is no consent for this test."),
            remedy=_("Ask the patient, and record the consent or the refusal."),
            overridable=True,
        ),
        Reason(
            code="patient.two-identifiers",
            words=_("The patient has not been identified twice."),
            remedy=_("Scan the wristband, or ask for name and birth date."),
            overridable=False,
        ),
    )


def _spreads(_: Words) -> tuple[Spread, ...]:
    return (
        Spread(label=_("Order to collect"), count=214, p10=6, p50=17, p90=41, p95=58, target=45),
        Spread(label=_("Collect to receive"), count=209, p10=4, p50=9, p90=22, p95=31, target=20),
        Spread(label=_("Receive to result"), count=203, p10=18, p50=31, p90=52, p95=66, target=60),
        Spread(label=_("Result to acknowledge"), count=188, p10=2, p50=14, p90=73, p95=104, target=60),
    )
