"""The laboratory's words: tests, components, panels, ranges, limits, and the patient as a rule sees them."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

Sex = Literal["female", "male"]
ValueKind = Literal["numeric", "coded", "titer", "text"]

_AGE = re.compile(r"^(?:(\d+)(d|mo|y))?$")
AGE_YEARS_MAX = 150


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name in the languages of the house."""

    en: str
    es: str

    def text(self, language: str) -> str:
        """Return the name in `language`; English for a language without one."""
        return self.es if language == "es" else self.en


def birthday_plus(birth: date, amount: int, unit: str) -> date:
    """Return the day on which somebody born on `birth` is `amount` days (d), months (mo) or years (y) old.

    A month or year that lacks the day of birth ends on its last day: born on 29 February, one year old on 28 February.
    """
    if unit == "d":
        return birth + timedelta(days=amount)
    months = birth.month - 1 + (amount if unit == "mo" else amount * 12)
    year, month = birth.year + months // 12, months % 12 + 1
    return date(year, month, min(birth.day, calendar.monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class AgeSpan:
    """Ages from `low` (included) to `high` (not included), each an amount and a unit; None is open."""

    low: tuple[int, str] | None = None
    high: tuple[int, str] | None = None

    @classmethod
    def parse(cls, text: str) -> "AgeSpan":
        """Read `28d..18y`, `18y..`, `..1mo`; raises ValueError."""
        low, dots, high = text.partition("..")
        ends: list[tuple[int, str] | None] = []
        for end in (low, high):
            match = _AGE.match(end)
            if match is None or not dots:
                raise ValueError(f"{text!r} is not an age span; write FROM..TO with d, mo or y, for example 28d..18y.")
            amount = match[1]
            if amount is not None and int(amount) > AGE_YEARS_MAX * 366:
                raise ValueError(f"{text!r}: nobody grows that old.")
            ends.append((int(amount), match[2]) if amount is not None else None)
        return cls(ends[0], ends[1])

    def holds(self, birth: date, on: date) -> bool:
        """Whether somebody born on `birth` is of this age on the day `on`."""
        if on < birth:
            return False
        after_low = self.low is None or on >= birthday_plus(birth, *self.low)
        return after_low and (self.high is None or on < birthday_plus(birth, *self.high))


@dataclass(frozen=True, slots=True)
class Patient:
    """What the laboratory's rules need of a patient. An unknown birth date or sex stays None: no rule guesses it."""

    birth_date: date | None = None
    sex: Sex | None = None
    weight_kg: Decimal | None = None
    preterm: bool = False


class StabilityLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many hours a specimen is good for, and what that holds for: a tube, a condition such as `on-ice`."""

    hours: Decimal
    tube: str | None = None
    condition: str | None = None


Place = Literal["unspun", "room", "refrigerated", "frozen"]


class Stability(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits by place. None: not allowed there, or no figure is known."""

    unspun: tuple[StabilityLimit, ...] | None
    room: tuple[StabilityLimit, ...] | None
    refrigerated: tuple[StabilityLimit, ...] | None
    frozen: tuple[StabilityLimit, ...] | None


class CriticalFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Default adult critical limits as read, with the spread over the sources. `site_sets`: only the site can know it."""

    low: Decimal | None
    high: Decimal | None
    site_sets: bool
    spread: str


class TestFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A test as the facts know it (tests.yaml)."""

    __test__ = False  # pytest collects classes by the name Test*

    loinc: str
    name: str
    tubes: tuple[str, ...]
    usual_ml: Decimal
    smallest_ml: Decimal
    unit: str
    stability: Stability
    special: str | None
    critical: CriticalFacts
    source: tuple[str, ...]
    critical_source: tuple[str, ...]
    basis: Literal["S", "K"]


class DeltaLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change since the last result that asks for a second look.

    `absolute` is in the test's unit, `percent` of the earlier value, `rate` is percent a day. Only results at most
    `hours` apart are compared.
    """

    mode: Literal["absolute", "percent", "rate"]
    limit: Decimal
    hours: int
    source: str = "starting value, set by the site"
    basis: Literal["S", "K"] = "K"


class ReferenceRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A range as read in `source`; `decision` marks a treatment or risk limit, `when` a condition such as fasting."""

    age: str
    source: str
    low: Decimal | None = None
    high: Decimal | None = None
    sex: Sex | None = None
    when: str | None = None
    decision: bool = False

    @property
    def span(self) -> AgeSpan:
        """The ages it is for."""
        return AgeSpan.parse(self.age)


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the product adds to a test's facts (definitions.yaml)."""

    es: str
    kind: str
    processing: Literal["spun", "whole"]
    synonyms: tuple[str, ...] = ()
    group: str = ""
    decimals: int | None = None
    plausible: tuple[Decimal, Decimal] | None = None
    molar_mass: Decimal | None = None
    delta: DeltaLimit | None = None
    handling: tuple[str, ...] = ()
    fasting_h: tuple[int, int] | None = None
    panel: bool = False
    value: ValueKind = "numeric"
    way: str = "venipuncture"


class ComponentDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a panel that cannot be ordered alone (definitions.yaml)."""

    loinc: str
    name: str
    es: str
    unit: str = "1"
    decimals: int | None = None
    plausible: tuple[Decimal, Decimal] | None = None
    delta: DeltaLimit | None = None
    value: ValueKind = "numeric"
    answers: tuple[str, ...] = ()
    normal: tuple[str, ...] = ()
    formula: str | None = None


class PanelDefinition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several results ordered by one name: `of` are tests, `extra` and `calculated` are components.

    `test` marks a panel
    that the facts list as one test with one tube.
    """

    name: str
    es: str
    kind: str
    loinc: str | None = None
    test: bool = False
    synonyms: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    calculated: tuple[str, ...] = ()


class DefinitionsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shape of definitions.yaml."""

    tests: dict[str, Definition]
    components: dict[str, ComponentDefinition]
    panels: dict[str, PanelDefinition]


class RangesTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shape of ranges.yaml."""

    sources: dict[str, str]
    ranges: dict[str, tuple[ReferenceRange, ...]]


@dataclass(frozen=True, slots=True)
class Analyte:
    """One thing that gets one result: an orderable test or a component of a panel."""

    code: str
    loinc: str
    name: Term
    kind: ValueKind
    unit: str
    decimals: int | None
    plausible: tuple[Decimal, Decimal] | None
    molar_mass: Decimal | None
    delta: DeltaLimit | None
    answers: tuple[str, ...]
    normal: tuple[str, ...]
    formula: str | None
    ranges: tuple[ReferenceRange, ...]


@dataclass(frozen=True, slots=True)
class LaboratoryTest:
    """An orderable test: facts and definition joined."""

    code: str
    name: Term
    facts: TestFacts
    definition: Definition


@dataclass(frozen=True, slots=True)
class Panel:
    """An orderable panel: which tests must be collected for it, and which results it gives, in their order."""

    code: str
    name: Term
    definition: PanelDefinition
    tests: tuple[str, ...]
    results: tuple[str, ...]
