"""Rows of lists: many patients in three queries, work in the reader's words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from benchside.areas.laboratory.screens.wording import WORK, test_name
from benchside.areas.laboratory.views.worklist import DueWork, caps_of
from benchside.pages.shapes import Flag, Patient, Person, Priority, Work, WorkStatus
from benchside.pages.shapes import Tube as TubeShape
from benchside.readiness.explanation import names
from benchside.readiness.gathering.orders import PRIORITIES
from benchside.record import Record
from benchside.record.access_log import Access
from benchside.record.keys import microseconds
from benchside.record.site import site_access_log
from benchside.workplace import Desk
from benchside.workplace.outcomes import reader_language
from benchside.workplace.patients import SEXES, arm_words

PATIENTS_MAX: Final = 200
ALERTS_MAX: Final = 2000

KIND_ICONS: Final[dict[str, str]] = {
    "collect": "tube",
    "vital-signs": "heart",
    "point-of-care": "drop",
    "ekg": "heart",
    "procedure": "equipment",
    "order-not-understood": "note",
}
STATUSES: Final[dict[str, WorkStatus]] = {
    "requested": "ordered",
    "received": "ordered",
    "accepted": "claimed",
    "ready": "claimed",
    "in-progress": "in-progress",
    "on-hold": "on-hold",
    "completed": "final",
    "failed": "not-collected",
    "cancelled": "cancelled",
    "rejected": "rejected",
}
CAP_KEYS: Final[dict[str, str]] = {
    "BLOOD_CULTURE": "yellow",
    "CITRATE": "light-blue",
    "DISCARD": "light-blue",
    "SERUM_PLAIN": "red",
    "SERUM_GEL": "gold",
    "SERUM_MICRO": "gold",
    "HEPARIN": "green",
    "HEPARIN_MICRO": "green",
    "EDTA": "lavender",
    "EDTA_MICRO": "lavender",
    "FLUORIDE": "gray",
    "OTHER": "yellow",
    "URINE_CUP": "orange",
    "URINE_BORATE": "gray",
    "CAPILLARY": "white",
}
"""The drawn cap of each tube of the catalogue; its own words stand beside it."""


def priority_of(rank: int) -> Priority:
    """The priority's code of a view's number."""
    return next((code for code, number in PRIORITIES.items() if number == rank), "routine")  # type: ignore[return-value]  # FHIR's four


def language_name(spoken: str) -> str:
    """A language as the reader calls it: of a code such as `es`, or the words it was kept with."""
    code = spoken.partition("-")[0].lower()
    try:
        return str(translation.get_language_info(code)["name_translated"])
    except KeyError:
        return spoken


def needs_interpreter(spoken: str) -> bool:
    """Whether the patient's language is not the site's."""
    home = str(settings.LANGUAGE_CODE).partition("-")[0]
    names_of_home = {"en": ("en", "english"), "es": ("es", "spanish", "español")}.get(home, (home,))
    return bool(spoken) and not spoken.lower().startswith(names_of_home)


def row_patients(desk: Desk, ids: Iterable[str]) -> dict[str, Patient]:
    """Patients for the rows of a list, by id; reading them is kept as one line. Raises OSError when it cannot be kept."""
    wanted = list(dict.fromkeys(own for own in ids if own))[:PATIENTS_MAX]
    if not wanted:
        return {}
    marks = ",".join("?" * len(wanted))
    alerts = _alerts(desk, wanted, marks)
    found: dict[str, Patient] = {}
    for own, name, birth_date, number, sex, spoken in desk.record.engine.rows(
        f"SELECT id, name, birth_date, record_number, sex, language FROM patient_row WHERE id IN ({marks})",
        tuple(wanted),
    ):
        precautions, notes = alerts.get(own, ([], []))
        found[own] = Patient(
            reference=f"Patient/{own}",
            name=name or _("No name recorded"),
            birth_date=birth_date or None,
            mrn=number or None,
            sex=_(SEXES[sex]) if sex in SEXES else None,
            precautions=tuple(precautions),
            notes=tuple(notes),
            language=_("Interpreter: %(language)s") % {"language": language_name(spoken)} if needs_interpreter(spoken) else None,
            interpreter=needs_interpreter(spoken),
        )
    site_access_log().append(
        Access(
            microseconds(desk.now), desk.principal.author, "search-type", "Patient", "", "TREAT", f"page:{desk.place}", tuple(sorted(found))
        )
    )
    return found


def _alerts(desk: Desk, wanted: Sequence[str], marks: str) -> dict[str, tuple[list[Flag], list[str]]]:
    now, known = microseconds(desk.now), names(desk.requirements, reader_language())
    found: dict[str, tuple[list[Flag], list[str]]] = {}
    for own, kind, code, words in desk.record.engine.rows(
        f"SELECT patient, kind, code, words FROM alert_row WHERE patient IN ({marks}) AND kind IN ('precaution', 'arm', 'note') "
        f"AND active = 1 AND (start_us IS NULL OR start_us <= ?) AND (stop_us IS NULL OR stop_us > ?) ORDER BY patient, kind, code LIMIT {ALERTS_MAX}",
        (*wanted, now, now),
    ):
        flags, notes = found.setdefault(own, ([], []))
        if kind == "precaution":
            flags.append(Flag(text=known.get(f"precaution:{code}") or words or code, icon="shield"))
        elif kind == "arm":
            flags.append(Flag(text=arm_words(code, words), icon="arm", tone="danger"))
        else:
            notes.append(words or code)
    return found


def what_of(work: DueWork) -> str:
    """What a task is about: its tests in words, or its kind."""
    words = ", ".join(test_name(line.test, line.name) for line in work.orders)
    return words or work.words or _(WORK.get(work.kind, work.kind))


def preparation_of(work: DueWork) -> str | None:
    """What to know before going: the time that was asked for, why it is done again."""
    parts: list[str] = []
    timed = [line.timed for line in work.orders if line.timed is not None]
    if timed:
        parts.append(_("Timed for %(time)s") % {"time": _moment(min(timed))})
    if work.part_of:
        parts.append(_("Collected again: %(why)s") % {"why": work.reason} if work.reason else _("Collected again"))
    elif work.reason:
        parts.append(work.reason)
    return ". ".join(parts) or None


def _moment(at: datetime) -> str:
    local, today = timezone.localtime(at), timezone.localdate()
    return local.strftime("%H:%M") if local.date() == today else local.strftime("%Y-%m-%d %H:%M")


def tubes_of(work: DueWork) -> tuple[TubeShape, ...]:
    """The caps of a collection, in order of draw; nothing of other work."""
    if work.kind != "collect":
        return ()
    return tuple(
        TubeShape(cap=CAP_KEYS.get(code, "white"), additive="", volume_ml=None)
        for code in caps_of(tuple(line.test for line in work.orders))
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One task of a stop, with what the reader may do about it now."""

    work: Work
    kind: str
    icon: str
    mine: bool
    free: bool
    next_url: str
    claim_url: str
    release_url: str


def row_of(work: DueWork, patient: Patient, place: str | None, owner_name: str, author: str) -> Row:
    """A task as a row."""
    owner = Person(reference=work.owner, name=owner_name, role="") if work.owner else None
    shape = Work(
        id=work.id,
        url=reverse("work", args=[work.id]),
        patient=patient,
        what=what_of(work),
        place=place,
        priority=priority_of(work.priority),
        status=STATUSES.get(work.status, "ordered"),
        due=work.due,
        claimed_by=owner,
        preparation=preparation_of(work),
        tubes=tubes_of(work),
    )
    return Row(
        shape,
        _(WORK.get(work.kind, work.kind)),
        KIND_ICONS.get(work.kind, "dot"),
        work.owner == author,
        not work.owner,
        next_url_of(work),
        reverse("claim", args=[work.id]),
        reverse("release", args=[work.id]),
    )


def next_url_of(work: DueWork) -> str:
    """Where the next step of a task is done."""
    return reverse("next-step", args=[work.id])


def staff_names(record: Record, references: Iterable[str]) -> dict[str, str]:
    """Names of people by reference, in one query."""
    wanted = list(dict.fromkeys(one.partition("/")[2] for one in references if one.startswith("Practitioner/")))[:PATIENTS_MAX]
    if not wanted:
        return {}
    marks = ",".join("?" * len(wanted))
    rows: list[Any] = record.engine.rows(
        f"SELECT practitioner, name FROM staff_role WHERE kind = 'person' AND practitioner IN ({marks})",
        tuple(wanted),
    )
    return {f"Practitioner/{row[0]}": row[1] for row in rows}
