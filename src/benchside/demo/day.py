"""A day at the demo clinic: orders arrive, people and analyzers work, and what goes wrong goes wrong on purpose.

Nothing here writes the record: every step is an act of crew.py, done at the moment the demo's clock says. The same seed gives
the same day. `run` works through what is due up to a moment; who wants to watch hands in a `pace` that waits.
"""

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from benchside.areas.laboratory.acts import acknowledge_report
from benchside.areas.laboratory.acts.resulting import EnteredResults, Verified
from benchside.demo.crew import CLOTTING, Crew
from benchside.demo.house import COLLECTION_ROOMS
from benchside.demo.patients import Profile
from benchside.demo.staff import BY_NAME
from benchside.demo.words import chance
from benchside.record import Record
from benchside.terms.refusal import ActRefused

HOURS: Final = 9.0
VISITS: Final = 54
ORDERERS: Final = ("clara", "daniel", "clara", "daniel", "omar", "maya")
COLLECTORS: Final = ("tomas", "keiko", "sena", "victor")
BENCH: Final = ("hugo", "keiko", "victor")
VERIFIERS: Final = ("hugo", "victor", "keiko")
MENU: Final = (
    ("BMP",), ("CBC",), ("BMP", "CBC"), ("CMP", "LIPID"), ("HBA1C", "BMP"), ("TSH",), ("CRP", "CBC"), ("UA",), ("POTASSIUM",), ("VITD",),
    ("FERRITIN", "CBC"), ("LIPID",), ("THYROID",), ("LIVER",), ("BMP", "MAGNESIUM"),
)  # fmt: skip
WAIT_MIN: Final = {"stat": 3.0, "urgent": 8.0, "routine": 19.0}
"""Median minutes until somebody takes an order up, when somebody is free."""

Step = str
Action = Callable[[datetime], object]


@dataclass(slots=True)
class Tally:
    """What a day left behind, counted as it happened: the record must say the same."""

    visits: int = 0
    orders: int = 0
    tubes: int = 0
    received: int = 0
    entered: int = 0
    verified: int = 0
    acknowledged: int = 0
    rejected: int = 0
    recollected: int = 0
    refused: int = 0
    overridden: int = 0
    amended: int = 0
    called: int = 0
    cosigned: int = 0
    unable: int = 0
    cancelled: int = 0
    messages: int = 0
    bedside: int = 0


@dataclass(slots=True)
class Visit:
    """One patient's visit as it goes on."""

    number: int
    profile: Profile
    codes: tuple[str, ...]
    priority: str
    orderer: str
    room: str
    incident: str = ""
    collector: str = ""
    orders: dict[str, str] = field(default_factory=dict[str, str])
    work: str = ""
    specimens: tuple[str, ...] = ()
    given: dict[str, str] = field(default_factory=dict[str, str])
    unread: bool = False

    @property
    def name(self) -> str:
        """The patient's name."""
        return f"{self.profile.given} {self.profile.family}"


class Day:
    """One day: a queue of what happens next.

    For visits with an incident `turns` replaces single steps, `on_entered` verification, and `on_verified` follows it.
    """

    def __init__(
        self,
        record: Record,
        people: Sequence[Profile],
        seed: int,
        begin: datetime,
        *,
        hours: float = HOURS,
        visits: int = VISITS,
        incidents: Sequence[tuple[float, str]] = (),
        say: Callable[[datetime, str], None] = lambda at, text: None,
    ) -> None:
        self.crew = Crew(record)
        self.seed, self.begin, self.say, self.tally = seed, begin, say, Tally()
        self.turns: dict[tuple[str, Step], Callable[[Visit, datetime], None]] = {}
        self.on_entered: dict[str, Callable[[Visit, datetime, EnteredResults], None]] = {}
        self.on_verified: dict[str, Callable[[Visit, datetime, Verified], None]] = {}
        self._queue: list[tuple[datetime, int, Action]] = []
        self._planned = 0
        self._busy: dict[str, datetime] = {}
        self._arrivals(people, begin, hours, visits, incidents)

    def _arrivals(
        self, people: Sequence[Profile], begin: datetime, hours: float, visits: int, incidents: Sequence[tuple[float, str]]
    ) -> None:
        random = chance(self.seed, "arrivals")
        adults = [profile for profile in people if profile.age(begin.date()) >= 18]
        self.chosen = random.sample(adults, k=visits)
        kinds = {int(share * visits): name for share, name in incidents}
        for number, profile in enumerate(self.chosen):
            priority = random.choices(("stat", "urgent", "routine"), (12, 20, 68))[0]
            visit = Visit(
                number,
                profile,
                random.choice(MENU),
                priority,
                random.choice(ORDERERS),
                random.choice(COLLECTION_ROOMS),
                kinds.get(number, ""),
            )
            share = (number + random.random()) / visits  # more come in the morning than in the afternoon
            self.arrive(visit, begin + timedelta(hours=hours * 0.86 * share**1.25))

    # The queue

    def arrive(self, visit: Visit, moment: datetime) -> None:
        """Let a visit begin with its order."""
        self.at(moment, self._turn(visit, "order"))

    def at(self, moment: datetime, action: Action) -> None:
        """Let something happen at a moment."""
        self._planned += 1
        heapq.heappush(self._queue, (moment.replace(microsecond=0), self._planned, action))

    def later(self, visit: Visit, step: Step, begun: datetime, median_min: float) -> None:
        """Let a visit's next step happen after about so many minutes."""
        random = chance(self.seed, visit.number, step)
        self.at(begun + timedelta(minutes=math.exp(random.gauss(math.log(median_min), 0.4))), self._turn(visit, step))

    def run(self, until: datetime, pace: Callable[[datetime], None] = lambda at: None) -> Tally:
        """Do everything that is due up to `until`, in order of time; `pace` is told the moment of each before it happens."""
        while self._queue and self._queue[0][0] <= until:
            moment, _, action = heapq.heappop(self._queue)
            pace(moment)
            action(moment)
        return self.tally

    def _turn(self, visit: Visit, step: Step) -> Action:
        def act(moment: datetime) -> None:
            turn = self.turns.get((visit.incident, step))
            if turn is not None:
                turn(visit, moment)
            else:
                getattr(self, f"do_{step}")(visit, moment)

        return act

    def free(self, names: Sequence[str], moment: datetime, minutes: float) -> tuple[str, datetime]:
        """Who of these can begin first, and when; they are taken for so many minutes."""
        name = min(names, key=lambda one: (max(self._busy.get(one, moment), moment), names.index(one)))
        begin = max(self._busy.get(name, moment), moment)
        self._busy[name] = begin + timedelta(minutes=minutes)
        return name, begin

    def refused(self, moment: datetime, who: str, what: str, attempt: Callable[[], object]) -> None:
        """Try what the gate must refuse, and tell its reasons. Raises AssertionError when it is let through."""
        try:
            attempt()
        except ActRefused as refusal:
            self.tally.refused += 1
            reasons = ", ".join(one.code for one in refusal.refusals)
            self.say(moment, f"{BY_NAME[who].name} may not {what}: {reasons}")
            return
        raise AssertionError(f"{who} was let {what}, and should not have been")

    # The steps of a visit

    def do_order(self, visit: Visit, moment: datetime) -> None:
        """The clinician orders."""
        placed = self.crew.order(visit.orderer, moment, visit.profile, visit.codes, visit.priority, visit.room)
        visit.orders, visit.work = dict(zip(visit.codes, placed.orders, strict=True)), placed.work[0]
        self.tally.visits += 1
        self.tally.orders += len(placed.orders)
        self.say(moment, f"{BY_NAME[visit.orderer].name} orders {', '.join(visit.codes)} for {visit.name} ({visit.priority})")
        self.later(visit, "claim", moment, WAIT_MIN[visit.priority])

    def do_claim(self, visit: Visit, moment: datetime) -> None:
        """Whoever is free first takes it."""
        visit.collector, begin = self.free(COLLECTORS, moment, 9)
        if begin > moment + timedelta(minutes=2):
            self.at(begin, lambda later: self.claimed(visit, later))
        else:
            self.claimed(visit, moment)

    def claimed(self, visit: Visit, moment: datetime) -> None:
        """The work has an owner."""
        self.crew.claim(visit.collector, moment, visit.work)
        self.later(visit, "identify", moment, 2.5)

    def do_identify(self, visit: Visit, moment: datetime) -> None:
        """At the chair: two identifiers, labels."""
        self.crew.identify_and_label(visit.collector, moment, visit.work, visit.profile)
        self.later(visit, "collect", moment, 3)

    def do_collect(self, visit: Visit, moment: datetime) -> None:
        """The tubes are drawn and scanned."""
        collected = self.crew.collect(visit.collector, moment, visit.work, visit.profile)
        visit.specimens = collected.specimens
        self.tally.tubes += len(collected.specimens)
        self.say(moment, f"{BY_NAME[visit.collector].name} collects {tubes_in_words(len(collected.specimens))} from {visit.name}")
        self.later(visit, "receive", moment, 6 if visit.priority == "stat" else 12)

    def do_receive(self, visit: Visit, moment: datetime) -> None:
        """The laboratory scans them in."""
        who, _ = self.free(BENCH, moment, 2)
        self.crew.receive(who, moment, visit.specimens)
        self.received(visit, moment, who)

    def received(self, visit: Visit, moment: datetime, who: str) -> None:
        """The tubes are there: they are spun when that may be, then measured."""
        self.tally.received += len(visit.specimens)
        self.say(moment, f"{BY_NAME[who].name} receives {tubes_in_words(len(visit.specimens))} of {visit.name}")
        waits = CLOTTING if visit.priority != "stat" else timedelta(minutes=4)
        if self._waits_for_clot(visit):
            waits = CLOTTING
        self.at(moment + waits, self._turn(visit, "spin"))

    def _waits_for_clot(self, visit: Visit) -> bool:
        marks = ",".join("?" * len(visit.specimens))
        sql = f"SELECT 1 FROM specimen_row WHERE id IN ({marks}) AND tube = 'SERUM_GEL' LIMIT 1"  # noqa: S608 - only marks; the values are bound
        return bool(self.crew.record.engine.rows(sql, visit.specimens))

    def do_spin(self, visit: Visit, moment: datetime) -> None:
        """Serum and plasma are spun; whole blood and urine go straight on."""
        who, _ = self.free(BENCH, moment, 2)
        spun = self.crew.spin(who, moment, visit.specimens)
        self.later(visit, "measure", moment, 16 if spun else 8)

    def do_measure(self, visit: Visit, moment: datetime) -> None:
        """The analyzers answer, each as the connected system it is."""
        for place, (code, order) in enumerate(visit.orders.items()):
            entered = self.crew.measure(moment, order, code, visit.specimens, visit.profile, visit.given)
            if entered is not None:
                self.entered(visit, moment + timedelta(minutes=2 + 2 * place), entered)

    def entered(self, visit: Visit, moment: datetime, entered: EnteredResults) -> None:
        """Results wait for a second pair of eyes."""
        self.tally.entered += 1
        verifier, begin = self.free(VERIFIERS, moment, 3)
        if (turn := self.on_entered.get(visit.incident)) is not None:
            self.at(begin, lambda later: turn(visit, later, entered))
            return
        self.at(begin, lambda later: self.verify(visit, later, entered, verifier))

    def verify(self, visit: Visit, moment: datetime, entered: EnteredResults, verifier: str) -> Verified:
        """Verified, released, into the inbox of whoever ordered."""
        verified = self.crew.verify(verifier, moment, entered)
        self.tally.verified += 1
        what = entered.lines[0].analyte if len(entered.lines) == 1 else f"{len(entered.lines)} results"
        self.say(moment, f"{BY_NAME[verifier].name} verifies {what} of {visit.name}")
        if not visit.unread:
            minutes = chance(self.seed, visit.number, "read").expovariate(1 / (10 if visit.priority == "stat" else 48))
            self.at(moment + timedelta(minutes=minutes), lambda later: self.acknowledge(visit, later, verified))
        if (turn := self.on_verified.get(visit.incident)) is not None:
            turn(visit, moment, verified)
        return verified

    def acknowledge(self, visit: Visit, moment: datetime, verified: Verified) -> None:
        """The clinician has seen it; unless a newer version waits for them by now."""
        open_ = self.crew.record.engine.rows(
            "SELECT id FROM work_row WHERE focus = ? AND kind = 'review-result' AND open = 1 LIMIT 1",
            (f"DiagnosticReport/{verified.report}",),
        )
        for (review,) in open_:
            acknowledge_report(self.crew.by(visit.orderer, moment), review)
            self.tally.acknowledged += 1
            self.say(moment, f"{BY_NAME[visit.orderer].name} acknowledges a report of {visit.name}")


def tubes_in_words(count: int) -> str:
    """How many tubes, as people say it."""
    return "1 tube" if count == 1 else f"{count} tubes"
