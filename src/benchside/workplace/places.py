"""Where a person can go: the places of their roles, each with what waits there. One bounded query a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from benchside.pages.codes import N_
from benchside.pages.shapes import NavigationItem
from benchside.record import Record

COUNTED_MAX: Final = 100
"""More are shown as "99+"; counting stops there."""

TECHNICIAN: Final = ("technician.junior", "technician", "technician.senior", "technician.lead")
SENIOR: Final = ("technician.senior", "technician.lead")
HANDS: Final = ("collect", "vital-signs", "ekg", "point-of-care", "procedure", "order-not-understood")
"""Kinds of work that stand in the worklist."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many wait: open tasks of some kinds, of everybody or of the person alone, or open reports in some states."""

    kinds: tuple[str, ...] = ()
    own: bool = False
    always_urgent: bool = False
    reports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """One place in the navigation. `key` is also the name of its address."""

    key: str
    text: str
    icon: str
    roles: tuple[str, ...] | None
    count: Count | None = None


PLACES: Final = (
    Place("worklist", N_("Worklist"), "worklist", TECHNICIAN, Count(HANDS)),
    Place("inbox", N_("Inbox"), "inbox", ("clinician",), Count(("review-result",), own=True)),
    Place("patients", N_("Patients"), "people", ("clinician", "front-desk", *TECHNICIAN)),
    Place("receive", N_("Receive"), "transit", TECHNICIAN, Count(("receive",))),
    Place("bench", N_("Bench"), "flask", TECHNICIAN, Count(reports=("registered", "partial"))),
    Place("verify-list", N_("Verify"), "done", SENIOR, Count(reports=("preliminary",))),
    Place("calls", N_("Calls"), "phone", (*TECHNICIAN, "clinician"), Count(("call-critical",), always_urgent=True)),
    Place("messages", N_("Messages"), "note", ("clinician", *TECHNICIAN), Count(("message",), own=True)),
    Place("oversight", N_("Oversight"), "signature", SENIOR, Count(("cosign",), own=True)),
    Place("board", N_("Board"), "board", ("technician.lead",)),
    Place("load", N_("Load"), "people", ("technician.lead",)),
    Place("matrix", N_("Readiness"), "shield", None),
)


def navigation(record: Record, roles: Iterable[str], person: str, current: str) -> tuple[NavigationItem, ...]:
    """Return the places of these roles, `current` lit, with counts. Places that this site has no address for are left out.

    `person` is a reference such as `Practitioner/17`, for what waits for them alone.
    """
    held = set(roles)
    mine = [
        (place, url) for place in PLACES if (place.roles is None or held & set(place.roles)) and (url := address(place.key)) is not None
    ]
    counted = _counted(record, person, [place for place, _url in mine if place.count is not None])
    return tuple(
        NavigationItem(
            text=_(place.text),
            url=url,
            icon=place.icon,
            current=place.key == current,
            count=counted.get(place.key, (None, False))[0],
            urgent=counted.get(place.key, (None, False))[1],
        )
        for place, url in mine
    )


def address(name: str, *arguments: str) -> str | None:
    """Return the address of that name, or None where this site has none."""
    try:
        return reverse(name, args=arguments or None)
    except NoReverseMatch:
        return None


def _counted(record: Record, person: str, places: list[Place]) -> dict[str, tuple[int, bool]]:
    """Count what waits, to COUNTED_MAX each: place -> (how many, whether the most pressing is a STAT)."""
    if not places:
        return {}
    parts: list[str] = []
    values: list[str | int] = []
    for place in places:
        count = place.count or Count()
        for kind in count.kinds:
            whose = "AND owner = ? " if count.own else ""
            parts.append(
                f"SELECT '{place.key}' AS place, count(*) AS waiting, min(priority) AS pressing FROM "  # our own names; values are bound
                f"(SELECT priority FROM work_row WHERE open = 1 AND kind = ? {whose}ORDER BY priority LIMIT {COUNTED_MAX}) AS open_{len(parts)}"
            )
            values += [kind, person] if count.own else [kind]
        for status in count.reports:
            parts.append(
                f"SELECT '{place.key}' AS place, count(*) AS waiting, 9 AS pressing FROM "
                f"(SELECT 1 AS one FROM report_row WHERE open = 1 AND status = ? LIMIT {COUNTED_MAX}) AS open_{len(parts)}"
            )
            values.append(status)
    urgent: dict[str, bool] = {place.key: bool(place.count and place.count.always_urgent) for place in places}
    found: dict[str, tuple[int, bool]] = {place.key: (0, False) for place in places}
    for key, waiting, pressing in record.engine.rows(" UNION ALL ".join(parts), tuple(values)):
        number, stat = found[key]
        found[key] = number + waiting, stat or bool(waiting and (urgent[key] or pressing == 0))
    return found
