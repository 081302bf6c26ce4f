"""What somebody is signed off for and licensed to do, and how long it still holds."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from benchside.pages.shapes import Tone
from benchside.readiness.explanation import names
from benchside.readiness.facts import Performer, Period
from benchside.workplace import Desk
from benchside.workplace.outcomes import reader_language


@dataclass(frozen=True, slots=True)
class Held:
    """One competence or credential: its name, its last moment (None: without end), and how it stands in words and tone."""

    code: str
    name: str
    until: datetime | None
    state: str
    tone: Tone
    icon: str
    current: bool


@dataclass(frozen=True, slots=True)
class AllHeld:
    """Credentials and competences, what ends first in front."""

    credentials: tuple[Held, ...]
    competences: tuple[Held, ...]


def held_by(desk: Desk, performer: Performer, *, soon: timedelta) -> AllHeld:
    """List what a person holds as it stands now; what ends within `soon` is marked."""
    known = names(desk.requirements, reader_language())
    credentials = [
        _held(f"credential:{one.kind}", known, one.period, desk.now, soon, withdrawn=one.withdrawn) for one in performer.credentials
    ]
    competences = [
        _held(f"competence:{one.name}", known, one.period, desk.now, soon, withdrawn=one.withdrawn) for one in performer.competences
    ]
    return AllHeld(_sorted(credentials), _sorted(competences))


def _held(code: str, known: dict[str, str], period: Period, at: datetime, soon: timedelta, *, withdrawn: bool) -> Held:
    name = known.get(code, code.partition(":")[2].replace("_", " "))
    name = name[:1].upper() + name[1:]
    last = None if period.end is None else period.end - timedelta(microseconds=1)
    state = "withdrawn" if withdrawn else period.state(at)
    if state == "current" and period.end is not None and period.end - at <= soon:
        return Held(code, name, last, _("ends soon"), "warning", "clock", current=True)
    words: dict[str, tuple[str, Tone, str]] = {
        "current": (_("current"), "good", "done"),
        "lapsed": (_("lapsed"), "danger", "stop"),
        "not-yet": (_("not yet"), "neutral", "clock"),
        "withdrawn": (_("withdrawn"), "danger", "cancelled"),
    }
    return Held(code, name, last, *words[state], current=state == "current")


def _sorted(held: list[Held]) -> tuple[Held, ...]:
    return tuple(sorted(held, key=lambda one: (one.until is None, one.until.timestamp() if one.until else 0.0, one.name)))
