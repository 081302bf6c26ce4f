"""In the laboratory's door: clocks of each tube and test, what is wrong with a specimen, rejection, recollection, aliquots.

Rules P1 to P10, docs/clinical/reception.md. Times come in as arguments; nothing here reads a clock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Literal

import msgspec

from benchside.areas.laboratory.catalogue import Catalogue
from benchside.areas.laboratory.tubes import TubeTable
from benchside.areas.laboratory.words import LaboratoryTest, Place, StabilityLimit
from benchside.terms.package_data import package_table
from benchside.terms.refusal import Refusal

ALIQUOTS_MAX = 20

KEPT_AS_ASKED = frozenset({"dark", "stoppered", "plastic", "anaerobic", "never-chilled"})
"""Conditions that hold unless somebody saw otherwise; ice, heparin and a site's longer times must be told."""

SPIN_WITHIN_MIN: Mapping[str, int] = {"spin-within-15-min": 15, "spin-within-20-min": 20, "separate-within-1-h": 60}


class CentrifugeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a tube is spun: clotting first, then g and minutes (programs are in g, never rpm)."""

    clot_min: int
    g: tuple[int, int]
    minutes: tuple[int, int]
    source: str
    basis: Literal["S", "K"]
    clot_max_min: int | None = None
    spin_within_min: int | None = None
    respin: bool = True


Recovery = Literal["no", "identifier-form", "site", "collector", "orderer", "comment", "irreplaceable", "hold", "merge", "caller"]


class Rejection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A coded reason to reject. `hl7` is from table 0490; None: no code there, send the text. `recover`: who could still save it."""

    hl7: str | None
    recover: Recovery
    affects: Literal["all", "named", "hemolysis-sensitive"]
    en: str
    es: str
    blood_bank: Literal["as-others", "never"] = "as-others"


class ReceptionTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shape of reception.yaml."""

    centrifuge: dict[str, CentrifugeRule]
    anticoagulated_extra_min: int
    balance_g_max: Decimal
    rejections: dict[str, Rejection]


@cache
def package_reception() -> ReceptionTable:
    """Return the rules that ship with the product."""
    return package_table("benchside.areas.laboratory", "reception.yaml", ReceptionTable)


@dataclass(frozen=True, slots=True)
class Specimen:
    """A tube as it arrives. `conditions` is what is known of the way it was kept: `on-ice`, `dark`, `on-heparin` ..."""

    accession: str
    tube: str
    tests: tuple[str, ...]
    collected_at: datetime | None
    conditions: frozenset[str] = KEPT_AS_ASKED
    place: Place = "unspun"
    placed_at: datetime | None = None
    spun_at: datetime | None = None
    anticoagulated: bool = False
    fill_pct: Decimal | None = None
    volume_ml: Decimal | None = None


def stability_hours(limits: Sequence[StabilityLimit] | None, tube: str, conditions: Iterable[str]) -> Decimal | None:
    """P1: pick the limit that fits this tube and these conditions best, in hours; None when none allows it.

    A limit for the very tube or condition beats a general one, also when it is shorter (aPTT on heparin: 1 h, not 6).
    """
    holds = frozenset(conditions)
    fitting = [limit for limit in limits or () if limit.tube in (None, tube) and (limit.condition is None or limit.condition in holds)]
    if not fitting:
        return None
    return max(fitting, key=lambda limit: ((limit.tube is not None) + (limit.condition not in (None, *KEPT_AS_ASKED)), limit.hours)).hours


@dataclass(frozen=True, slots=True)
class Clock:
    """What the bench must keep in view for one test of a tube. None: no such limit, or not known."""

    test: str
    spin_not_before: datetime | None
    spin_by: datetime | None
    good_until: datetime | None
    allowed: bool


def clock(specimen: Specimen, test: LaboratoryTest, table: ReceptionTable) -> Clock:
    """P2: when a tube may and must be spun for a test, and until when the test may still be made from it.

    Unspun, the time runs from collection; separated, from the moment it was put where it is (`placed_at`). `allowed` is
    False when the place is not allowed for this test at all.
    """
    rule = table.centrifuge.get(specimen.tube) if test.definition.processing == "spun" else None
    start = specimen.collected_at if specimen.place == "unspun" else specimen.placed_at or specimen.spun_at
    limits: tuple[StabilityLimit, ...] | None = getattr(test.facts.stability, specimen.place)
    hours = stability_hours(limits, specimen.tube, specimen.conditions)
    good_until = start + timedelta(seconds=float(hours * 3600)) if start is not None and hours is not None else None
    if rule is None or specimen.collected_at is None or specimen.spun_at is not None:
        return Clock(test.code, None, None, good_until, hours is not None)
    clotting = rule.clot_min + (table.anticoagulated_extra_min if specimen.anticoagulated and rule.clot_min else 0)
    within = [SPIN_WITHIN_MIN[item] for item in test.definition.handling if item in SPIN_WITHIN_MIN]
    within += [rule.spin_within_min] if rule.spin_within_min is not None else []
    spin_by = specimen.collected_at + timedelta(minutes=max(min(within), clotting)) if within else None
    return Clock(test.code, specimen.collected_at + timedelta(minutes=clotting), spin_by, good_until, hours is not None)


def clocks(specimen: Specimen, catalogue: Catalogue, table: ReceptionTable) -> tuple[Clock, ...]:
    """Return the clock of every test of a specimen, soonest end first."""
    found = [clock(specimen, catalogue.tests[code], table) for code in specimen.tests]
    return tuple(sorted(found, key=lambda entry: (entry.good_until is None, entry.good_until, entry.test)))


def spin_refusals(
    specimens: Sequence[Specimen],
    catalogue: Catalogue,
    table: ReceptionTable,
    *,
    at: datetime,
    imbalance_g: Decimal = Decimal(0),
    program_g: int | None = None,
) -> tuple[Refusal, ...]:
    """P3: a load is not started with a tube that has not clotted, that is never spun or never spun again, unbalanced, or at a wrong g."""
    refusals: list[Refusal] = []
    if imbalance_g > table.balance_g_max:
        refusals.append(Refusal("reception.centrifuge.unbalanced", {"limit": table.balance_g_max}))
    for specimen in specimens:
        about = {"accession": specimen.accession}
        tests = [catalogue.tests[code] for code in specimen.tests]
        rule = table.centrifuge.get(specimen.tube)
        if tests and all(test.definition.processing == "whole" for test in tests) and specimen.tube != "URINE_CUP":
            refusals.append(Refusal("reception.centrifuge.never-spun", about))
            continue
        if rule is None:
            continue
        if specimen.spun_at is not None and not rule.respin:
            refusals.append(Refusal("reception.centrifuge.respin", about))
        ready = [entry.spin_not_before for entry in clocks(specimen, catalogue, table) if entry.spin_not_before is not None]
        if specimen.spun_at is None and ready and at < max(ready):
            refusals.append(Refusal("reception.clot-time.too-short", {**about, "ready": max(ready)}))
        if program_g is not None and not rule.g[0] <= program_g <= rule.g[1]:
            refusals.append(Refusal("reception.centrifuge.wrong-force", {**about, "lowest": rule.g[0], "highest": rule.g[1]}))
    return tuple(refusals)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a specimen at reception: the coded rejection it calls for, and which tests it spoils."""

    rejection: str
    tests: tuple[str, ...]


def faults(specimen: Specimen, catalogue: Catalogue, tubes: TubeTable, table: ReceptionTable, *, at: datetime) -> tuple[Fault, ...]:
    """P4: what the figures say is wrong: no time, too old, not on ice, gel not spun, citrate fill, too little. A person decides."""
    found: list[Fault] = []
    tests = [catalogue.tests[code] for code in specimen.tests]
    if specimen.collected_at is None:
        found.append(Fault("NO_COLLECT_TIME", specimen.tests))
    entries = [clock(specimen, test, table) for test in tests]
    warm = tuple(test.code for test in tests if "on-ice" in test.definition.handling and "on-ice" not in specimen.conditions)
    if warm:
        found.append(Fault("NOT_ON_ICE", warm))
    old = tuple(entry.test for entry in entries if entry.test not in warm and entry.good_until is not None and at > entry.good_until)
    if old:
        found.append(Fault("TOO_OLD", old))
    misplaced = tuple(entry.test for entry in entries if entry.test not in warm and not entry.allowed)
    if misplaced:
        found.append(Fault("WRONG_TEMPERATURE", misplaced))
    late = [entry.spin_by for entry in entries if entry.spin_by is not None]
    if specimen.tube in ("SERUM_GEL", "SERUM_MICRO") and specimen.spun_at is None and late and at > min(late):
        found.append(Fault("UNSPUN_GEL", specimen.tests))
    minimum = tubes.tubes[specimen.tube].min_fill_pct
    if minimum is not None and specimen.fill_pct is not None and specimen.fill_pct < minimum:
        found.append(Fault("UNDERFILLED_CITRATE", specimen.tests))
    if minimum is not None and specimen.fill_pct is not None and specimen.fill_pct > 110:  # CLSI H21 (K): within 10 % of the mark
        found.append(Fault("OVERFILLED_CITRATE", specimen.tests))
    if specimen.volume_ml is not None:
        short = tuple(test.code for test in tests if test.facts.smallest_ml > specimen.volume_ml)
        found += [Fault("QNS", short)] if short else []
    return tuple(found)


@dataclass(frozen=True, slots=True)
class RejectionPlan:
    """What follows from a rejection: which tests are lost, what is collected again, what goes on the wire.

    `hl7` is SPM-21 (None: the text goes into NTE), SPM-20 is N and OBR-25 is X for the lost tests.
    """

    reason: str
    lost: tuple[str, ...]
    kept: tuple[str, ...]
    recollect: tuple[str, ...]
    hl7: str | None
    tell_orderer: bool


def spoiled(reason: str, specimen: Specimen, catalogue: Catalogue, table: ReceptionTable, named: Sequence[str] = ()) -> tuple[str, ...]:
    """P5: which tests a reason spoils: all, those named, or - hemolysis - those the catalogue calls sensitive and those named."""
    rule = table.rejections[reason]
    if rule.affects == "all":
        return specimen.tests
    chosen = set(named)
    if rule.affects == "hemolysis-sensitive":
        chosen |= {code for code in specimen.tests if "reject-hemolyzed" in catalogue.tests[code].definition.handling}
    return tuple(code for code in specimen.tests if code in chosen)


def plan_rejection(
    reason: str,
    specimen: Specimen,
    catalogue: Catalogue,
    table: ReceptionTable,
    *,
    named: Sequence[str] = (),
) -> tuple[RejectionPlan | None, tuple[Refusal, ...]]:
    """P6: turn a coded reason into what is lost, kept and collected again; every rejection tells the orderer.

    Refused: an unknown reason, a reason that spoils nothing, and tests that are not of this specimen. A duplicate is
    not collected again; nor is a specimen nobody ordered.
    """
    if reason not in table.rejections:
        return None, (Refusal("reception.rejection.reason-unknown", {"reason": reason}),)
    foreign = [code for code in named if code not in specimen.tests]
    if foreign:
        return None, (Refusal("reception.rejection.other-tests", {"tests": ", ".join(f"test:{code}" for code in foreign)}),)
    lost = spoiled(reason, specimen, catalogue, table, named)
    if not lost:
        return None, (Refusal("reception.rejection.no-tests"),)
    kept = tuple(code for code in specimen.tests if code not in lost)
    recollect = () if table.rejections[reason].recover in ("merge", "hold") else lost
    return RejectionPlan(reason, lost, kept, recollect, table.rejections[reason].hl7, tell_orderer=True), ()


def recovery_refusals(reason: str, specimen: Specimen, catalogue: Catalogue, table: ReceptionTable, *, by: Recovery) -> tuple[Refusal, ...]:
    """P7: accept a defect only the way its reason allows (orderer, collector, comment ...); never for the blood bank's labels."""
    rule = table.rejections[reason]
    blood_bank = any(catalogue.tests[code].definition.kind == "blood_bank" for code in specimen.tests)
    if rule.recover == "no" or (blood_bank and rule.blood_bank == "never"):
        return (Refusal("reception.recovery.never", {"reason": f"rejection:{reason}"}),)
    if by != rule.recover:
        return (Refusal("reception.recovery.other-way", {"reason": f"rejection:{reason}", "way": f"recovery:{rule.recover}"}),)
    return ()


@dataclass(frozen=True, slots=True)
class Aliquot:
    """A child tube: its label carries the parent's accession and a suffix."""

    label: str
    tests: tuple[str, ...]
    volume_ml: Decimal
    destination: str


def plan_aliquots(
    specimen: Specimen,
    wanted: Sequence[tuple[tuple[str, ...], str]],
    catalogue: Catalogue,
    *,
    already: int = 0,
) -> tuple[tuple[Aliquot, ...], tuple[Refusal, ...]]:
    """P8: divide a specimen by destination; each aliquot takes the smallest useful volume of its tests together.

    Refused as a whole when the material does not reach, the volume is not known, or a tube that must be spun is not.
    """
    refusals: list[Refusal] = []
    if len(wanted) + already > ALIQUOTS_MAX:
        refusals.append(Refusal("reception.aliquot.too-many", {"limit": ALIQUOTS_MAX}))
    spun_needed = any(catalogue.tests[code].definition.processing == "spun" for codes, _ in wanted for code in codes)
    if spun_needed and specimen.spun_at is None:
        refusals.append(Refusal("reception.aliquot.not-spun", {"accession": specimen.accession}))
    aliquots = tuple(
        Aliquot(
            f"{specimen.accession}A{already + number}",
            codes,
            sum((catalogue.tests[code].facts.smallest_ml for code in codes), Decimal(0)),
            destination,
        )
        for number, (codes, destination) in enumerate(wanted, 1)
    )
    total = sum((aliquot.volume_ml for aliquot in aliquots), Decimal(0))
    if specimen.volume_ml is None:
        refusals.append(Refusal("reception.aliquot.volume-unknown", {"accession": specimen.accession}))
    elif total > specimen.volume_ml:
        refusals.append(Refusal("reception.aliquot.too-little", {"needed": total, "available": specimen.volume_ml}))
    return (() if refusals else aliquots), tuple(refusals)


def receive_refusals(specimen_status: str, scanned: str, accession: str, *, known: bool) -> tuple[Refusal, ...]:
    """P9: only a known, collected tube that was not received before is received, by the label that was scanned."""
    if not known:
        return (Refusal("reception.specimen.unknown", {"scanned": scanned}),)
    refusals = [] if scanned == accession else [Refusal("reception.specimen.other", {"scanned": scanned, "expected": accession})]
    if specimen_status == "received":
        refusals.append(Refusal("reception.specimen.received-already", {"accession": accession}))
    elif specimen_status != "collected":
        refusals.append(Refusal("reception.specimen.not-collected", {"accession": accession}))
    return tuple(refusals)


def reception_names(language: str, table: ReceptionTable | None = None) -> Mapping[str, str]:
    """Return what `rejection:HEMOLYZED` is called, for refusals and screens."""
    rules = table or package_reception()
    return {f"rejection:{code}": (rule.es if language == "es" else rule.en) for code, rule in rules.rejections.items()}
