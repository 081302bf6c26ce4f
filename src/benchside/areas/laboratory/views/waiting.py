"""What waits in the laboratory, read from the views: tubes to be spun or measured, reports to be entered and verified, calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.reception import Clock, Specimen, clocks, package_reception
from benchside.record import Record
from benchside.record.keys import microseconds
from benchside.record.keys import moment as moment_of_us

ROWS_MAX: Final = 100
TUBES_MAX: Final = 60
PRIORITIES: Final = ("stat", "asap", "urgent", "routine")


@dataclass(frozen=True, slots=True)
class KeptTube:
    """A tube as the lists show it."""

    id: str
    accession: str
    tube: str
    tests: tuple[str, ...]
    state: str
    collected_at: datetime | None
    received_at: datetime | None
    spun_at: datetime | None
    patient: str
    patient_name: str
    record_number: str

    def as_rule_sees(self) -> Specimen:
        """The tube as reception's rules ask for it."""
        place = "room" if self.spun_at is not None else "unspun"
        return Specimen(self.accession, self.tube, self.tests, self.collected_at, place=place, placed_at=self.spun_at, spun_at=self.spun_at)


_TUBE = (
    "s.id, s.accession, s.tube, s.tests, s.state, s.collected_us, s.received_us, s.spun_us, s.patient, p.name, p.record_number "
    "FROM specimen_row s LEFT JOIN patient_row p ON p.id = s.patient "
)


def _moment(us: int | None) -> datetime | None:
    return None if us is None else moment_of_us(us)


def _tube(row: Sequence[Any]) -> KeptTube:
    own, accession, tube, tests, state, collected, received, spun, patient, name, number = row
    known = tuple(code for code in tests.split() if code in package_catalogue().tests)
    return KeptTube(
        own, accession, tube, known, state, _moment(collected), _moment(received), _moment(spun), patient, name or "", number or ""
    )


def received_lately(record: Record, at: datetime, *, hours: int = 8, limit: int = 12) -> list[KeptTube]:
    """The tubes received last, newest first."""
    rows = record.engine.rows(
        "SELECT " + _TUBE + "WHERE s.received_us >= ? AND s.parent = '' ORDER BY s.received_us DESC, s.id LIMIT ?",
        (microseconds(at - timedelta(hours=hours)), limit),
    )
    return [_tube(row) for row in rows]


@dataclass(frozen=True, slots=True)
class RunningTube:
    """A tube whose time runs: its clocks, what is due next, and by when."""

    tube: KeptTube
    clocks: tuple[Clock, ...]
    spin_from: datetime | None
    spin_by: datetime | None
    good_until: datetime | None

    @property
    def due(self) -> datetime | None:
        """What ends soonest: the time to spin, or the time the first test is good."""
        ends = [end for end in (self.spin_by, self.good_until) if end is not None]
        return min(ends) if ends else None


def running(tube: KeptTube) -> RunningTube:
    """The clocks of a tube, and the soonest end of each kind."""
    found = clocks(tube.as_rule_sees(), package_catalogue(), package_reception())
    starts = [one.spin_not_before for one in found if one.spin_not_before is not None]
    ends = [one.spin_by for one in found if one.spin_by is not None]
    good = [one.good_until for one in found if one.good_until is not None]
    return RunningTube(tube, found, max(starts, default=None), min(ends, default=None), min(good, default=None))


def on_the_clock(record: Record, at: datetime, *, days: int = 3) -> list[RunningTube]:
    """Received tubes with results still owed, the one whose time ends soonest first; at most TUBES_MAX, the oldest waits taken."""
    rows = record.engine.rows(
        "SELECT DISTINCT " + _TUBE + "JOIN specimen_order so ON so.specimen = s.id "
        "JOIN report_row r ON r.order_id = so.order_id AND r.open = 1 AND r.status IN ('registered', 'partial') "
        "WHERE s.state = 'received' AND s.received_us >= ? ORDER BY s.collected_us LIMIT ?",
        (microseconds(at - timedelta(days=days)), TUBES_MAX),
    )
    found = [running(_tube(row)) for row in rows]
    return sorted(found, key=lambda one: (one.due is None, one.due, one.tube.accession))


@dataclass(frozen=True, slots=True)
class WaitingReport:
    """A report to be entered or verified, with its order and patient. `results` are there already."""

    report: str
    order: str
    status: str
    test: str
    name: str
    priority: str
    since: datetime | None
    results: int
    patient: str
    patient_name: str
    birth_date: str
    record_number: str
    sex: str
    accession: str = ""


_REPORT = (
    "SELECT q.*, (SELECT min(s.accession) FROM specimen_order so JOIN specimen_row s ON s.id = so.specimen "
    "WHERE so.order_id = q.order_id AND s.state = 'received') FROM ("
    "SELECT r.id, r.order_id, r.status, r.test, r.name, o.priority, r.effective_us, r.results, r.patient, p.name AS patient_name, p.birth_date, "
    "p.record_number, p.sex FROM report_row r JOIN order_row o ON o.id = r.order_id LEFT JOIN patient_row p ON p.id = r.patient "
)
_FIRST = "ORDER BY o.priority, r.effective_us, r.id LIMIT ?) q ORDER BY q.priority, q.effective_us, q.id"


def _report(row: Sequence[Any]) -> WaitingReport:
    own, order, status, test, name, priority, since, results, patient, patient_name, birth, number, sex, accession = row
    return WaitingReport(
        own,
        order,
        status,
        test,
        name,
        PRIORITIES[priority],
        _moment(since),
        results,
        patient,
        patient_name or "",
        birth or "",
        number or "",
        sex or "",
        accession or "",
    )


def tests_of_section(section: str) -> tuple[str, ...]:
    """Every code that can be ordered of a section of the laboratory, panels too."""
    catalogue = package_catalogue()
    tests = [code for code, test in catalogue.tests.items() if test.definition.kind == section]
    return (*tests, *(code for code, panel in catalogue.panels.items() if panel.definition.kind == section and code not in tests))


def to_enter(record: Record, *, section: str = "", test: str = "", limit: int = ROWS_MAX) -> list[WaitingReport]:
    """Reports whose material is here and whose results are not all entered, the most pressing and oldest first."""
    codes = (test,) if test else tests_of_section(section) if section else ()
    wanted = f"AND r.test IN ({','.join('?' * len(codes))}) " if codes else ""  # only marks; the codes are bound
    rows = record.engine.rows(
        _REPORT + "WHERE r.open = 1 AND r.status IN ('registered', 'partial') AND o.status = 'active' " + wanted + _FIRST,
        (*codes, limit),
    )
    return [_report(row) for row in rows]


def to_verify(record: Record, *, after: str = "", limit: int = ROWS_MAX) -> list[WaitingReport]:
    """Reports with entered results that nobody verified, the most pressing and oldest first; `after` leaves one out."""
    rows = record.engine.rows(
        _REPORT + "WHERE r.open = 1 AND r.status IN ('preliminary', 'partial') AND r.id <> ? "
        "AND EXISTS (SELECT 1 FROM result_row x WHERE x.order_id = r.order_id AND x.status = 'preliminary') " + _FIRST,
        (after, limit),
    )
    return [_report(row) for row in rows]


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A critical value somebody must hear: `since` when it is known, `goal` by when it must have been heard."""

    work: str
    words: str
    status: str
    since: datetime
    goal: datetime | None
    patient: str
    patient_name: str
    birth_date: str
    record_number: str
    place: str
    open: bool


_CALL = (
    "w.id, w.words, w.status, w.authored_us, w.due_us, w.patient, p.name, p.birth_date, p.record_number, l.name, w.open FROM work_row w "
    "LEFT JOIN patient_row p ON p.id = w.patient LEFT JOIN place_row l ON l.id = w.location AND w.location <> '' "
)


def _call(row: Sequence[Any]) -> OpenCall:
    own, words, status, since, goal, patient, name, birth, number, place, is_open = row
    return OpenCall(
        own,
        words,
        status,
        moment_of_us(since or 0),
        _moment(goal),
        patient,
        name or "",
        birth or "",
        number or "",
        place or "",
        bool(is_open),
    )


def open_calls(record: Record) -> list[OpenCall]:
    """Every call that is not over, the one that was known first on top."""
    rows = record.engine.rows(
        "SELECT " + _CALL + "WHERE w.open = 1 AND w.kind = 'call-critical' ORDER BY w.priority, w.due_us, w.id LIMIT ?", (ROWS_MAX,)
    )
    return [_call(row) for row in rows]


def ended_calls(record: Record, at: datetime, *, hours: int = 24) -> list[OpenCall]:
    """Calls that ended lately, newest first."""
    rows = record.engine.rows(
        "SELECT " + _CALL + "WHERE w.kind = 'call-critical' AND w.ended_us >= ? AND w.open = 0 ORDER BY w.ended_us DESC, w.id LIMIT ?",
        (microseconds(at - timedelta(hours=hours)), 20),
    )
    return [_call(row) for row in rows]


def tube_of_id(record: Record, own: str) -> KeptTube | None:
    """A tube by its id, or None."""
    rows = record.engine.rows("SELECT " + _TUBE + "WHERE s.id = ?", (own,))
    return _tube(rows[0]) if rows else None
