"""The lead's board: turnaround against its targets, what is overdue now, what went wrong and why. Nobody's patient is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benchside.areas.laboratory.critical import package_critical
from benchside.areas.laboratory.reception import package_reception
from benchside.areas.laboratory.screens.board_tables import Cell, Sheet, as_csv, as_workbook
from benchside.areas.laboratory.screens.wording import WORK, people_names, test_name
from benchside.areas.laboratory.turnaround import package_turnaround, percentile
from benchside.areas.laboratory.views.board import (
    GROUPS,
    LIMIT_OF,
    PERIOD_DAYS_MAX,
    SHIFTS,
    Filters,
    Now,
    Overdue,
    Times,
    Turnaround,
    call_minutes,
    overrides,
    period_of,
    refusals,
    turnaround,
    work_now,
)
from benchside.areas.laboratory.views.turnaround import STAGE_NAMES
from benchside.pages.charts import Bar, Line, Spread
from benchside.pages.codes import N_
from benchside.pages.shapes import Column, Option, Tab
from benchside.readiness.explanation import names
from benchside.readiness.gathering.places import place_names
from benchside.terms.refusal_words import catalogue as refusal_catalogue
from benchside.terms.refusal_words import placeholders
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language

ROLES: Final = ("technician.lead", "technician.senior", "administrator")
PERIODS: Final = {"today": N_("Today"), "7": N_("7 days"), "30": N_("30 days"), "custom": N_("Other days")}
STAGES: Final = {
    "order-to-collect": N_("Order to collection"),
    "collect-to-receive": N_("Collection to receipt"),
    "receive-to-result": N_("Receipt to result"),
    "result-to-acknowledge": N_("Result to acknowledgement"),
    "order-to-result": N_("Order to result"),
}
SHIFT_WORDS: Final = {"day": N_("Day, 7 to 15"), "evening": N_("Evening, 15 to 23"), "night": N_("Night, 23 to 7")}
PRIORITY_WORDS: Final = {"0": N_("STAT"), "1": N_("As soon as possible"), "2": N_("Urgent"), "3": N_("Routine")}
BY_WORDS: Final = {"priority": N_("Priority"), "test": N_("Test"), "location": N_("Place"), "shift": N_("Shift")}
KIND_WORDS: Final = {
    **WORK,
    "receive": N_("Tubes on their way"),
    "call-critical": N_("Critical call"),
    "review-result": N_("Unread report"),
    "cosign": N_("Co-signature"),
    "review-override": N_("Override to review"),
    "message": N_("Unanswered message"),
}
OPTIONS_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, cleaned: a period of at most PERIOD_DAYS_MAX days, known filters, a known breakdown."""

    period: str
    first: date
    last: date
    filters: Filters
    by: str
    stage: str

    def query(self, **changed: str) -> str:
        """The address's query, with changes."""
        values = {
            "period": self.period,
            "from": str(self.first) if self.period == "custom" else "",
            "to": str(self.last) if self.period == "custom" else "",
            "test": self.filters.test,
            "priority": "" if self.filters.priority is None else str(self.filters.priority),
            "location": self.filters.location,
            "shift": self.filters.shift,
            "by": self.by,
            "stage": self.stage,
            **changed,
        }
        return urlencode({name: value for name, value in values.items() if value})


def asked(desk: Desk) -> Asked:
    """Read the address; what cannot be is left out, never an error: a bookmark stays good."""
    given, today = desk.request.GET, desk.now.astimezone(desk.record.policy.zone).date()
    period = given.get("period", "today")
    first, last = today, today
    if period in ("7", "30"):
        first = today - timedelta(days=int(period) - 1)
    elif period == "custom":
        last = min(_day(given.get("to", "")) or today, today)
        first = min(_day(given.get("from", "")) or last, last)
        first = max(first, last - timedelta(days=PERIOD_DAYS_MAX - 1))
    else:
        period = "today"
    priority = given.get("priority", "")
    filters = Filters(
        given.get("test", "")[:64],
        int(priority) if priority in PRIORITY_WORDS else None,
        given.get("location", "")[:64],
        given.get("shift", "") if given.get("shift", "") in SHIFTS else "",
    )
    by, stage = given.get("by", "priority"), given.get("stage", "order-to-result")
    return Asked(period, first, last, filters, by if by in GROUPS else "priority", stage if stage in STAGE_NAMES else "order-to-result")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Late:
    """One overdue task as the board lists it."""

    what: str
    url: str
    place: str
    priority: int
    owner: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Board:
    """Everything drawn, in the reader's words."""

    asked: Asked
    figures: Turnaround
    now: Now
    stages: tuple[Spread, ...]
    by: tuple[Spread, ...]
    daily: tuple[tuple[str, ...], tuple[Line, ...]]
    hours: tuple[tuple[str, ...], tuple[Line, ...]]
    causes: tuple[Bar, ...]
    refusals: tuple[Bar, ...]
    overrides: tuple[Bar, ...]
    unreviewed: int
    calls: tuple[float, ...]
    late: tuple[Late, ...]
    goal: int

    @property
    def median_call(self) -> float | None:
        """Minutes from knowing a critical value to its read-back, the median."""
        return percentile(self.calls, 50)


def limit_of(stage: str, priority: int | None) -> int | None:
    """The limit of a stage in minutes; None where several priorities with limits of their own come together."""
    return None if priority is None else package_turnaround().overdue_min[LIMIT_OF[priority]][stage]


def _spread(label: str, times: Times, target: int | None) -> Spread:
    assert times.p10 is not None  # our own invariant: rows without an order are left out
    assert times.p50 is not None
    assert times.p90 is not None
    assert times.p95 is not None
    p10, p50, p90, p95 = (round(value) for value in (times.p10, times.p50, times.p90, times.p95))
    return Spread(label=label, count=times.count, p10=p10, p50=p50, p90=p90, p95=p95, target=target)


def _bar(label: str, many: int, *, emphasis: bool = False) -> Bar:
    return Bar(label=label, value=many, text=formats.localize(many), emphasis=emphasis)


def refusal_words(code: str) -> str:
    """What a reason says, with an ellipsis where it would name what it was about."""
    words = refusal_catalogue().get(code, {}).get(reader_language())
    return code if words is None else words.words.format_map(dict.fromkeys(placeholders(words.words), "…")).rstrip(".")


def group_words(by: str, key: str, figures: Turnaround, places: dict[str, str]) -> str:
    """What a row of the breakdown is called."""
    if by == "priority":
        return _(PRIORITY_WORDS.get(key, key))
    if by == "shift":
        return _(SHIFT_WORDS[key])
    if by == "location":
        return places.get(key, key) or _("no place given")
    return test_name(key, figures.names.get(key, key))


def _daily(figures: Turnaround) -> tuple[tuple[str, ...], tuple[Line, ...]]:
    labels = tuple(formats.date_format(day, "j M") for day, _times in figures.days)
    rows = [times for _day_, times in figures.days]
    return labels, (
        Line(label=_("median"), values=tuple(None if row.p50 is None else round(row.p50) for row in rows)),
        Line(label=_("p90"), values=tuple(None if row.p90 is None else round(row.p90) for row in rows)),
    )


def _hours(figures: Turnaround) -> tuple[tuple[str, ...], tuple[Line, ...]]:
    columns = ((_("ordered"), figures.ordered_at), (_("collected"), figures.collected_at), (_("resulted"), figures.resulted_at))
    busy = [hour for hour in range(24) if any(counts[hour] for _label, counts in columns)]
    span = range(min(busy), max(busy) + 1) if busy else range(0)
    return tuple(f"{hour}:00" for hour in span), tuple(
        Line(label=label, values=tuple(counts[hour] for hour in span)) for label, counts in columns
    )


def _late(desk: Desk, found: Sequence[Overdue]) -> tuple[Late, ...]:
    places = place_names(desk.record, [one.location for one in found])
    owners = people_names(desk.record, [one.owner for one in found])
    now_us = int(desk.now.timestamp() * 1_000_000)
    return tuple(
        Late(
            _(KIND_WORDS.get(one.kind, one.kind)),
            _address_of(one),
            places.get(one.location, ""),
            one.priority,
            owners.get(one.owner, ""),
            (now_us - one.due_us) // 60_000_000,
        )
        for one in found
    )


def _address_of(task: Overdue) -> str:
    return reverse("work", args=[task.id]) if task.kind in ("collect", "vital-signs", "ekg", "point-of-care", "procedure") else ""


def gather(desk: Desk) -> Board:
    """Work everything out for the address that was asked."""
    want = asked(desk)
    figures = turnaround(desk.record, want.first, want.last, want.filters, by=want.by, stage=want.stage)
    begin, end = period_of(want.first, want.last, desk.record)
    now, language = work_now(desk.record, desk.now), reader_language()
    places = place_names(desk.record, [key for key, _times in figures.by] if want.by == "location" else [])
    known, done = names(desk.requirements, language), overrides(desk.record, begin, end)
    rejections = package_reception().rejections
    return Board(
        want,
        figures,
        now,
        tuple(
            _spread(_(STAGES[stage]), times, limit_of(stage, want.filters.priority))
            for stage, times in figures.stages.items()
            if times.count
        ),
        tuple(
            _spread(
                group_words(want.by, key, figures, places),
                times,
                limit_of(want.stage, int(key) if want.by == "priority" else want.filters.priority),
            )
            for key, times in figures.by
            if times.count
        ),
        _daily(figures),
        _hours(figures),
        tuple(
            _bar(getattr(rejections[cause], language) if cause in rejections else cause, many, emphasis=not place)
            for place, (cause, many) in enumerate(figures.causes)
        ),
        tuple(_bar(refusal_words(code), many) for code, many in refusals(desk.record, begin, end)),
        tuple(_bar(known.get(f"override-reason:{reason}", reason), many) for reason, many in done[0]),
        done[1],
        tuple(call_minutes(desk.record, begin, end)),
        _late(desk, now.longest),
        package_critical().goal_min,
    )


def period_words(board: Board) -> str:
    """The period as a person says it."""
    first, last = (formats.date_format(day, "DATE_FORMAT") for day in (board.asked.first, board.asked.last))
    return first if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last}


def _counted(bars: Sequence[Bar]) -> list[list[Cell]]:
    return [[bar.label, int(bar.value)] for bar in bars]


def sheets(board: Board) -> list[Sheet]:
    """Every table of the board, for a spreadsheet."""
    want, figures = board.asked, board.figures
    times = [_("orders"), _("p10"), _("median"), _("p90"), _("p95"), _("target")]
    spreads: list[list[Cell]] = [
        [
            spread.count,
            *(None if value is None else int(value) for value in (spread.p10, spread.p50, spread.p90, spread.p95, spread.target)),
        ]
        for spread in (*board.stages, *board.by)
    ]
    labels = [spread.label for spread in (*board.stages, *board.by)]
    middle = len(board.stages)
    hours = [
        [f"{hour}:00", figures.ordered_at[hour], figures.collected_at[hour], figures.received_at[hour], figures.resulted_at[hour]]
        for hour in range(24)
    ]
    return [
        Sheet(
            _("Turnaround by stage, minutes"),
            [_("stage"), *times],
            [[label, *row] for label, row in zip(labels[:middle], spreads[:middle], strict=True)],
        ),
        Sheet(
            f"{_(STAGES[want.stage])}, {_('minutes')}",
            [_(BY_WORDS[want.by]), *times],
            [[label, *row] for label, row in zip(labels[middle:], spreads[middle:], strict=True)],
        ),
        Sheet(
            _("Order to result by day, minutes"),
            [_("day"), _("orders"), _("median"), _("p90"), _("over the limit")],
            [[str(day), row.count, row.p50, row.p90, row.over] for day, row in figures.days],
        ),
        Sheet(_("Work by hour"), [_("hour"), _("ordered"), _("collected"), _("received"), _("resulted")], hours),
        Sheet(_("Rejected tubes by cause"), [_("cause"), _("orders")], _counted(board.causes)),
        Sheet(_("Refused acts by reason"), [_("reason"), _("times")], _counted(board.refusals)),
        Sheet(_("Overrides by reason"), [_("reason"), _("times")], _counted(board.overrides)),
        Sheet(_("Critical calls"), [_("minutes to read-back")], [[round(value, 1)] for value in board.calls]),
        Sheet(
            _("Open work now"),
            [_("work"), _("open"), _("overdue"), _("STAT overdue")],
            [[_(KIND_WORDS.get(kind, kind)), *numbers] for kind, numbers in board.now.kinds.items()],
        ),
    ]


def _file_name(board: Board, ending: str) -> str:
    return f"board-{board.asked.first}-{board.asked.last}.{ending}"


@screen("board", methods=("GET",), roles=ROLES)
def csv(desk: Desk) -> HttpResponse:
    """The board's tables as CSV, one after the other."""
    board = gather(desk)
    answer = HttpResponse(as_csv(sheets(board)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{_file_name(board, "csv")}"'
    return answer


@screen("board", methods=("GET",), roles=ROLES)
def xlsx(desk: Desk) -> HttpResponse:
    """The board's tables as a workbook, a sheet each."""
    board = gather(desk)
    answer = HttpResponse(
        as_workbook(sheets(board), desk.now), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    answer["Content-Disposition"] = f'attachment; filename="{_file_name(board, "xlsx")}"'
    return answer


@screen("board", methods=("GET",), roles=ROLES)
def show(desk: Desk) -> HttpResponse:
    """The board, or with `print=1` the same for paper."""
    board = gather(desk)
    want, figures = board.asked, board.figures
    total, here = figures.stages["order-to-result"], reverse("board")
    options = sorted(
        (Option(value=code, text=test_name(code, figures.names[code])) for code, _n in figures.tests.most_common(OPTIONS_MAX)),
        key=lambda one: one.text,
    )
    known = place_names(desk.record, [code for code, _n in figures.locations.most_common(OPTIONS_MAX)])
    values = {
        "page": desk.page(_("Board")),
        "board": board,
        "figures": figures,
        "total": total,
        "rejected_percent": 100 * figures.rejected / figures.orders if figures.orders else None,
        "unread": board.now.kinds.get("review-result", (0, 0, 0)),
        "calls_open": board.now.kinds.get("call-critical", (0, 0, 0)),
        "period": period_words(board),
        "periods": [Tab(text=_(words), url=f"{here}?{want.query(period=name)}", current=name == want.period) for name, words in PERIODS.items()],
        "stage_words": _(STAGES[want.stage]),
        "by_words": _(BY_WORDS[want.by]),
        "filter_form": desk.form("board-filter", action=here, prefix="filter", values=_filter_values(want)),
        "test_options": options,
        "priority_options": [Option(value=code, text=_(words)) for code, words in PRIORITY_WORDS.items()],
        "location_options": [Option(value=own, text=name) for own, name in sorted(known.items(), key=lambda one: one[1])],
        "shift_options": [Option(value=name, text=_(words)) for name, words in SHIFT_WORDS.items()],
        "by_options": [Option(value=name, text=_(words)) for name, words in BY_WORDS.items()],
        "stage_options": [Option(value=name, text=_(words)) for name, words in STAGES.items()],
        "csv_url": f"{reverse('board-csv')}?{want.query()}",
        "xlsx_url": f"{reverse('board-xlsx')}?{want.query()}",
        "print_url": f"{here}?{want.query(print='1')}",
        "clear_url": f"{here}?{urlencode({'period': want.period})}",
        "kind_words": {kind: _(words) for kind, words in KIND_WORDS.items()},
        "call_bin": 5,
        "late_columns": columns(_("Work"), _("Priority"), _("Place"), _("Who has it"), last=_("Late by")),
        "overdue_words": ngettext("%(number)s of them STAT", "%(number)s of them STAT", board.now.stat_overdue) % {"number": board.now.stat_overdue},
    }  # fmt: skip
    return render(desk.request, "laboratory/board_print.html" if desk.request.GET.get("print") else "laboratory/board.html", values)


def columns(*texts: str, last: str = "") -> tuple[Column, ...]:
    """Columns of a table; the last one of numbers."""
    return (*(Column(text=text) for text in texts), *((Column(text=last, numeric=True),) if last else ()))


def _filter_values(want: Asked) -> dict[str, str]:
    return {
        "from": str(want.first),
        "to": str(want.last),
        "test": want.filters.test,
        "priority": "" if want.filters.priority is None else str(want.filters.priority),
        "location": want.filters.location,
        "shift": want.filters.shift,
        "by": want.by,
        "stage": want.stage,
    }
