"""Critical values: which values are, whom to call and when, the call as a write-once record with read-back.

One mechanism for laboratory, vital signs, point-of-care and EKG. Rules X1 to X9, docs/clinical/critical-values.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Literal

import msgspec

from benchside.areas.laboratory.catalogue import Catalogue
from benchside.areas.laboratory.results import CodedValue, Value, above, below
from benchside.areas.laboratory.words import AgeSpan, Patient
from benchside.terms.package_data import package_table
from benchside.terms.quantity import Quantity
from benchside.terms.refusal import Refusal

EVENTS_MAX = 200
TEXT_LENGTH_MAX = 500


class LimitRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of an age, or of a component; None on a side: not critical on that side."""

    source: str
    basis: Literal["S", "K"]
    age: str = ".."
    low: Decimal | None = None
    high: Decimal | None = None


class AnswerRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For a coded result: every answer is critical except these."""

    never_critical: tuple[str, ...]
    source: str
    basis: Literal["S", "K"]


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rung of the ladder: whom to call, from which minute, how often and how far apart."""

    to: str
    after_min: int
    attempts: int
    every_min: int
    en: str
    es: str


class CriticalTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shape of critical.yaml."""

    by_age: dict[str, tuple[LimitRow, ...]]
    components: dict[str, LimitRow]
    answers: dict[str, AnswerRow]
    ladder: tuple[Step, ...]
    goal_min: int


@cache
def package_critical() -> CriticalTable:
    """Return the limits and the ladder that ship with the product."""
    return package_table("benchside.areas.laboratory", "critical.yaml", CriticalTable)


Limits = tuple[Decimal | None, Decimal | None]


def critical_limits(
    code: str,
    patient: Patient,
    on: date,
    catalogue: Catalogue,
    table: CriticalTable,
    *,
    site: Mapping[str, Limits] | None = None,
) -> Limits:
    """X1, X2: the limits for this analyte and this patient: the site's, else by age, else the adult default.

    An unknown birth date gets the adult default: a missing fact must not switch the alarm off.
    """
    if site is not None and code in site:
        return site[code]
    for row in table.by_age.get(code, ()):
        if patient.birth_date is not None and AgeSpan.parse(row.age).holds(patient.birth_date, on):
            return row.low, row.high
    if code in table.components:
        return table.components[code].low, table.components[code].high
    if code in catalogue.tests:
        facts = catalogue.tests[code].facts.critical
        return facts.low, facts.high
    return None, None


def is_critical(code: str, value: Value, limits: Limits, table: CriticalTable) -> bool:
    """X3: certainly beyond a limit (a value on it is not), or a critical answer. `>450` is beyond 450, `>400` is not known to be."""
    if isinstance(value, CodedValue):
        row = table.answers.get(code)
        return row is not None and value.code not in row.never_critical
    return isinstance(value, Quantity) and (below(value, limits[0]) or above(value, limits[1]))


Source = Literal["laboratory", "vitals", "point-of-care", "ekg"]
"""Where a critical value came from."""

CallState = Literal["open", "reached", "read-back", "acknowledged", "withdrawn"]
CallEvent = Literal["not-reached", "reached", "read-back-right", "read-back-wrong", "escalated", "acknowledged", "withdrawn"]

CALL_TRANSITIONS: Mapping[tuple[CallState, CallEvent], CallState] = {
    ("open", "not-reached"): "open",
    ("open", "escalated"): "open",
    ("open", "reached"): "reached",
    ("open", "withdrawn"): "withdrawn",
    ("reached", "read-back-right"): "read-back",
    ("reached", "read-back-wrong"): "reached",
    ("reached", "not-reached"): "open",  # the line broke before the read-back
    ("reached", "escalated"): "open",  # nobody read it back in time: it climbs as if nobody had been reached
    ("reached", "withdrawn"): "withdrawn",
    ("read-back", "acknowledged"): "acknowledged",
    ("read-back", "withdrawn"): "withdrawn",
}
"""X4: the life of a call. It is only over once somebody read the value back right; `acknowledged` is the clinician's."""


@dataclass(frozen=True, slots=True)
class CallEntry:
    """One line of the record: what happened, when, by whom, to whom (`person` and the ladder's `step`)."""

    event: CallEvent
    at: datetime
    by: str
    person: str = ""
    step: str = ""
    read_back: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class CriticalCall:
    """The record of one critical value. `source`: laboratory, vitals, point-of-care or ekg. Lines are only ever added."""

    subject: str
    patient: str
    value_words: str
    source: Source
    known_at: datetime
    entries: tuple[CallEntry, ...] = ()

    @property
    def state(self) -> CallState:
        """Where the call stands, derived from its lines."""
        state: CallState = "open"
        for entry in self.entries:
            state = CALL_TRANSITIONS[state, entry.event]
        return state


def add_entry(call: CriticalCall, entry: CallEntry) -> tuple[CriticalCall, tuple[Refusal, ...]]:
    """X5 to X7: add a line, or say why not: nothing follows an end, time does not run back, a read-back is what was said.

    `read-back-right` needs the words that were read back and they must hold the value; an escalation names its step; a
    withdrawal (the value was corrected) says why. The given call is never changed.
    """
    refusals: list[Refusal] = []
    if (call.state, entry.event) not in CALL_TRANSITIONS:
        refusals.append(Refusal("critical.call.not-possible", {"state": f"call-state:{call.state}", "event": f"call-event:{entry.event}"}))
    if len(call.entries) >= EVENTS_MAX:
        refusals.append(Refusal("critical.call.too-long", {"limit": EVENTS_MAX}))
    last = call.entries[-1].at if call.entries else call.known_at
    if entry.at < last:
        refusals.append(Refusal("critical.call.time-runs-back", {"last": last}))
    if entry.event == "reached" and not entry.person:
        refusals.append(Refusal("critical.call.who"))
    if entry.event == "read-back-right" and not _says(entry.read_back, call.value_words):
        refusals.append(Refusal("critical.call.read-back", {"value": call.value_words}))
    if entry.event == "withdrawn" and not entry.text.strip():
        refusals.append(Refusal("critical.call.withdrawal-reason"))
    return (call, tuple(refusals)) if refusals else (replace(call, entries=(*call.entries, entry)), ())


def _says(read_back: str, value_words: str) -> bool:
    """Whether what was read back holds the value, word for word, blanks and case aside."""
    return bool(value_words) and "".join(value_words.casefold().split()) in "".join(read_back.casefold().split())


@dataclass(frozen=True, slots=True)
class Due:
    """What is owed on a call now: the rung, when the next try is due, and whether the goal has passed."""

    step: str
    try_at: datetime
    overdue: bool
    late: bool
    exhausted: bool


def due(call: CriticalCall, table: CriticalTable, at: datetime) -> Due | None:
    """X8, X9: say whom to call next and since when; None once the value was read back, acknowledged or withdrawn.

    A rung is left when its tries are used up or its time is over, so that a call nobody made climbs too. On the last rung
    tries go on, `exhausted`. `late`: the goal of minutes until somebody has heard it has passed.
    """
    if call.state in ("read-back", "acknowledged", "withdrawn"):
        return None
    late = at > call.known_at + timedelta(minutes=table.goal_min)
    tried: dict[str, list[datetime]] = {}
    for entry in call.entries:
        if entry.event == "not-reached":
            tried.setdefault(entry.step, []).append(entry.at)
    place, start = 0, call.known_at
    while place + 1 < len(table.ladder):
        step, following = table.ladder[place], table.ladder[place + 1]
        by_time = call.known_at + timedelta(minutes=following.after_min)
        tries = tried.get(step.to, [])
        by_tries = max(tries) + timedelta(minutes=step.every_min) if len(tries) >= step.attempts else None
        if by_tries is None and at < by_time:
            break
        place, start = place + 1, min(by_time, by_tries) if by_tries is not None else by_time
    step = table.ladder[place]
    tries = tried.get(step.to, [])
    try_at = max(tries) + timedelta(minutes=step.every_min) if tries else start
    exhausted = place + 1 == len(table.ladder) and len(tries) >= step.attempts
    return Due(step.to, try_at, at >= try_at, late, exhausted)


def critical_names(language: str, table: CriticalTable | None = None) -> Mapping[str, str]:
    """Return what the rungs of the ladder are called."""
    rules = table or package_critical()
    return {f"ladder:{step.to}": (step.es if language == "es" else step.en) for step in rules.ladder}
