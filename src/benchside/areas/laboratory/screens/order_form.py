"""What an order form says: items, time, repeats, answers, reasons; and what the form shows back before it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts.order_rules import OrderItem, Repeat, kind_of_work, order_refusals
from benchside.areas.laboratory.acts.ordering import earlier_orders, patient_language
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.order_questions import Asked, questions_for
from benchside.areas.laboratory.preparation import Prepared, preparation_for
from benchside.areas.laboratory.reasons import reason_name
from benchside.areas.laboratory.screens.order_search import order_option
from benchside.pages.codes import N_
from benchside.pages.shapes import Option, Reason
from benchside.workplace import Desk
from benchside.workplace.outcomes import reader_language

PREFIX: Final = "q_"
ITEMS_MAX: Final = 40
MORNING_HOUR: Final = 6
"""When morning collections are made, by the clock of the site (a site's own choice later)."""
REPEATS: Final[Mapping[str, tuple[str, Repeat]]] = {
    "morning": (N_("Every morning"), Repeat(1, 1, "d")),
    "h4": (N_("Every 4 hours"), Repeat(1, 4, "h")),
    "h6": (N_("Every 6 hours"), Repeat(1, 6, "h")),
    "h8": (N_("Every 8 hours"), Repeat(1, 8, "h")),
    "h12": (N_("Every 12 hours"), Repeat(1, 12, "h")),
    "day": (N_("Every day at this time"), Repeat(1, 1, "d")),
    "week": (N_("Every week"), Repeat(1, 1, "wk")),
}


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as the form draws it."""

    name: str
    words: str
    hint: str | None
    kind: str
    required: bool
    unit: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order as the form says it. `faults` name the fields that cannot be read."""

    codes: tuple[str, ...]
    note: str
    priority: str
    timed: datetime | None
    repeat: Repeat | None
    reasons: tuple[str, ...]
    answers: Mapping[str, str]
    confirmed: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def items(self) -> list[OrderItem]:
        """The lines of the order."""
        return [OrderItem(code, note=self.note) for code in self.codes]


def wanted(posted: QueryDict, now: datetime) -> Wanted:
    """Read an order form. Times are the site's; a morning repeat begins at the next morning."""
    faults: list[str] = []
    answers: dict[str, str] = {}
    codes = tuple(dict.fromkeys(code for code in posted.getlist("test") if code))[: ITEMS_MAX + 1]
    for one in _asked(codes):
        text = posted.get(PREFIX + one.code, "").strip()
        local = _moment(text) if one.question.kind == "date-time" and text else None
        answers[one.code] = local.isoformat(timespec="minutes") if local is not None else text
    timed = None
    if posted.get("when") == "timed":
        timed = _moment(posted.get("timed", ""))
        faults += ["timed"] if timed is None else []
    repeat = None
    if posted.get("repeat") in REPEATS:
        count, rule = posted.get("count", ""), REPEATS[posted["repeat"]][1]
        repeat = Repeat(int(count) if count.isdigit() and len(count) < 4 else 0, rule.every, rule.unit)
        timed = timed or (next_morning(now) if posted["repeat"] == "morning" else None)
    return Wanted(
        codes,
        posted.get("note", "").strip(),
        posted.get("priority", "routine"),
        timed,
        repeat,
        tuple(dict.fromkeys(code for code in posted.getlist("reason") if code)),
        answers,
        tuple(posted.get("confirmed", "").split()),
        tuple(faults),
    )


def next_morning(now: datetime) -> datetime:
    """The next morning's collection."""
    local = timezone.localtime(now)
    today = local.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    return today if today > local else today + timedelta(days=1)


def _moment(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return timezone.make_aware(read) if timezone.is_naive(read) else read


def _asked(codes: Sequence[str]) -> tuple[Asked, ...]:
    catalogue = package_catalogue()
    return questions_for(codes, catalogue.tests_of(code for code in codes if code in catalogue.tests or code in catalogue.panels))


def questions(codes: Sequence[str]) -> list[AskedQuestion]:
    """What has to be asked for these orders, in the reader's language."""
    language = reader_language()
    return [
        AskedQuestion(
            PREFIX + one.code,
            one.question.text(language),
            one.question.hint.text(language) if one.question.hint is not None else None,
            one.question.kind,
            one.required,
            one.question.unit,
            tuple(Option(value=code, text=term.text(language)) for code, term in one.question.choices().items()),
        )
        for one in _asked(codes)
    ]


def warnings(desk: Desk, patient_id: str, order: Wanted) -> tuple[tuple[str, ...], tuple[Reason, ...]]:
    """The codes that are ordered already or have a new result, and the words; nothing while something else stands against the order."""
    catalogue = package_catalogue()
    known = [OrderItem(code) for code in order.codes if kind_of_work(code, catalogue) is not None]
    if not known:
        return (), ()
    found = order_refusals(known, earlier_orders(desk.record, patient_id, desk.now), catalogue, at=desk.now, priority="routine")
    codes = tuple(str(refusal.facts["test"]).removeprefix("test:") for refusal in found if refusal.code.startswith("order.duplicate"))
    return codes, desk.reasons(found)


def instructions(desk: Desk, patient_id: str, order: Wanted) -> tuple[Prepared, ...]:
    """What the patient is told, in the patient's language."""
    language = "es" if patient_language(desk.record, patient_id).startswith("es") else "en"
    known = [code for code in order.codes if kind_of_work(code, package_catalogue()) is not None]
    return preparation_for(known, order.answers, package_catalogue(), language)


def details(desk: Desk, patient_id: str, order: Wanted) -> dict[str, object]:
    """Everything the lower part of the form shows for what is picked."""
    duplicates, words = warnings(desk, patient_id, order)
    return {
        "picked_count": len(order.codes),
        "questions": questions(order.codes),
        "duplicates": duplicates,
        "warnings": words,
        "instructions": instructions(desk, patient_id, order),
    }


def picked_tests(codes: Sequence[str]) -> tuple[Option, ...]:
    """What is in the order, as the search list shows it; what is not in the catalogue is left out."""
    return tuple(order_option(code) for code in codes if kind_of_work(code, package_catalogue()) is not None)


def picked_reasons(codes: Sequence[str]) -> tuple[Option, ...]:
    """The reasons of the order, as the search list shows them."""
    return tuple(Option(value=code, text=f"{reason_name(code, reader_language())} ({code})") for code in codes)


def repeat_options() -> tuple[Option, ...]:
    """How often an order can be repeated."""
    return tuple(Option(value=code, text=_(words)) for code, (words, _rule) in REPEATS.items())
