"""Geometry of the charts: numbers in, places out. The macros in `components/charts.html` write the SVG.

Places across are in percent of the chart's width, places down in pixels: a chart stretches, and its words keep their size.
Drawn on the server, so that a chart is in the page without JavaScript, on paper, and for a screen reader, which gets the
numbers as a table.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

ROWS_MAX = 40
BINS_MAX = 60
POINTS_MAX = 400
LINES_MAX = 4
BAR_PITCH = 42.0
SPREAD_PITCH = 58.0
PLOT_HEIGHT = 232.0

Number = int | float | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: `text` says the value as people read it ("14", "3.2 %")."""

    label: str
    value: Number
    text: str
    emphasis: bool = False
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One row of a percentile plot, all in one unit."""

    label: str
    count: int
    p10: Number
    p50: Number
    p90: Number
    p95: Number
    target: Number | None = None
    """What p90 should stay under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a series over time; `values` may hold None where nothing was measured: the line breaks there."""

    label: str
    values: tuple[Number | None, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, and its text."""

    place: float
    text: str


def ticks(low: float, high: float, *, count: int = 5) -> tuple[float, ...]:
    """Choose about `count` round values (1, 2 or 5 times a power of ten) that cover low to high."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        raise ValueError(f"no axis from {low} to {high}")
    raw = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(index * step, 10) for index in range(first, last + 1))


def _text(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"


def _bounded(rows: Sequence[object], limit: int) -> None:
    if len(rows) > limit:
        raise ValueError(f"{len(rows)} are more than the {limit} that a chart can show: group or cut before drawing")


@dataclass(frozen=True, slots=True)
class BarRow:
    """A drawn bar: its length in percent of the width, and the y of its label's baseline."""

    bar: Bar
    y: float
    length: float


@dataclass(frozen=True, slots=True)
class BarsDrawing:
    """A drawn bar chart."""

    height: float
    rows: tuple[BarRow, ...]


def bars_drawing(bars: Sequence[Bar]) -> BarsDrawing:
    """Lay out horizontal bars from zero, the longest over the whole width, each under its label. Values below zero raise."""
    _bounded(bars, ROWS_MAX)
    if any(float(bar.value) < 0 for bar in bars):
        raise ValueError("a bar cannot be shorter than nothing")
    longest = max((float(bar.value) for bar in bars), default=0.0)
    rows = tuple(
        BarRow(bar, 16.0 + index * BAR_PITCH, round(100 * float(bar.value) / longest, 2) if longest else 0.0)
        for index, bar in enumerate(bars)
    )
    return BarsDrawing(len(bars) * BAR_PITCH, rows)


@dataclass(frozen=True, slots=True)
class SpreadRow:
    """A drawn row of a percentile plot: place of each percentile and of the target, `y` the middle of the band."""

    spread: Spread
    y: float
    p10: float
    p50: float
    p90: float
    p95: float
    target: float | None
    late: bool


@dataclass(frozen=True, slots=True)
class PercentilesDrawing:
    """A drawn percentile plot with its axis below."""

    height: float
    axis_y: float
    ticks: tuple[Tick, ...]
    rows: tuple[SpreadRow, ...]


def percentiles_drawing(spreads: Sequence[Spread]) -> PercentilesDrawing:
    """Lay out one row per stage: p10 to p90 as a band, the median as a mark, p95 as a whisker, the target as a line."""
    _bounded(spreads, ROWS_MAX)
    highest = max((float(max(s.p95, s.target or 0)) for s in spreads), default=0.0) or 1.0
    marks = ticks(0.0, highest)

    def x(value: Number) -> float:
        return round(100 * float(value) / marks[-1], 2)

    rows = tuple(
        SpreadRow(
            spread,
            SPREAD_PITCH * index + 36.0,
            x(spread.p10),
            x(spread.p50),
            x(spread.p90),
            x(spread.p95),
            None if spread.target is None else x(spread.target),
            spread.target is not None and spread.p90 > spread.target,
        )
        for index, spread in enumerate(spreads)
    )
    axis_y = SPREAD_PITCH * len(spreads) + 4.0
    return PercentilesDrawing(axis_y + 24.0, axis_y, tuple(Tick(x(m), _text(m)) for m in marks), rows)


@dataclass(frozen=True, slots=True)
class Bin:
    """A drawn bin: the values from `low` up to but without `high` (the last bin includes it)."""

    low: float
    high: float
    count: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class HistogramDrawing:
    """A drawn histogram."""

    height: float
    top: float
    axis_y: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    bins: tuple[Bin, ...]
    marks: tuple[tuple[float, str], ...]


def histogram_drawing(
    values: Sequence[Number], *, bin_width: float, marks: Sequence[tuple[Number, str]] = (), height: float = PLOT_HEIGHT
) -> HistogramDrawing:
    """Count `values` (none below zero) into bins of `bin_width` from zero; `marks` are upright lines with a text (target, p90)."""
    numbers = [float(value) for value in values]
    if bin_width <= 0 or any(number < 0 for number in numbers):
        raise ValueError("a histogram needs a bin width above zero and no value below zero")
    count = math.floor(max([*numbers, *(float(at) for at, _ in marks), bin_width]) / bin_width) + 1
    if count > BINS_MAX:
        raise ValueError(f"{count} bins are more than {BINS_MAX}: take wider bins")
    counts = [0] * count
    for number in numbers:
        counts[int(number // bin_width)] += 1
    top, axis_y = 24.0, height - 24.0
    ups = [up for up in ticks(0.0, float(max(*counts, 1)), count=4) if up == int(up)]
    unit, step = (axis_y - top) / ups[-1], 100 / count
    bins = tuple(
        Bin(
            index * bin_width,
            (index + 1) * bin_width,
            counted,
            round(index * step + step * 0.04, 2),
            round(axis_y - counted * unit, 1),
            round(step * 0.92, 2),
            round(counted * unit, 1),
        )
        for index, counted in enumerate(counts)
    )

    def x(value: float) -> float:
        return round(100 * value / (count * bin_width), 2)

    return HistogramDrawing(
        height,
        top,
        axis_y,
        tuple(Tick(x(m), _text(m)) for m in ticks(0.0, count * bin_width) if m <= count * bin_width),
        tuple(Tick(round(axis_y - up * unit, 1), _text(up)) for up in ups),
        bins,
        tuple((x(float(at)), text) for at, text in marks),
    )


@dataclass(frozen=True, slots=True)
class LineDrawing:
    """A drawn line: an SVG path in a box 100 wide, its points, and the y of its label."""

    line: Line
    path: str
    points: tuple[tuple[float, float], ...]
    label_y: float


@dataclass(frozen=True, slots=True)
class SeriesDrawing:
    """Lines over common labels, with an optional target."""

    height: float
    axis_y: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    right: float
    """Where the lines end and their labels begin."""
    lines: tuple[LineDrawing, ...]
    target_y: float | None
    target_label_y: float | None


def series_drawing(
    labels: Sequence[str], lines: Sequence[Line], *, target: Number | None = None, height: float = PLOT_HEIGHT
) -> SeriesDrawing:
    """Lay out up to four lines over `labels` (days, hours), from zero; each line is labelled at its end, labels kept apart."""
    _bounded(labels, POINTS_MAX)
    _bounded(lines, LINES_MAX)
    if any(len(line.values) != len(labels) for line in lines):
        raise ValueError("each line needs one value (or None) for each label")
    known = [float(v) for line in lines for v in line.values if v is not None]
    ups = ticks(0.0, max([*known, float(target or 0)], default=0.0) or 1.0, count=4)
    left, right, top, axis_y = 7.0, 82.0, 20.0, height - 24.0
    step = (right - left) / max(len(labels) - 1, 1)

    def y(value: Number) -> float:
        return round(axis_y - (axis_y - top) * float(value) / ups[-1], 1)

    drawn: list[LineDrawing] = []
    for line in lines:
        points = [(round(left + i * step, 2), y(v)) if v is not None else None for i, v in enumerate(line.values)]
        there = tuple(point for point in points if point is not None)
        drawn.append(LineDrawing(line, _path(points), there, there[-1][1] if there else axis_y))
    labels_y = _apart([line.label_y for line in drawn] + ([] if target is None else [y(target)]))
    every = max(1, math.ceil(len(labels) / 7))
    return SeriesDrawing(
        height,
        axis_y,
        tuple(Tick(round(left + i * step, 2), label) for i, label in enumerate(labels) if i % every == 0),
        tuple(Tick(y(up), _text(up)) for up in ups),
        right,
        tuple(LineDrawing(line.line, line.path, line.points, labels_y[i]) for i, line in enumerate(drawn)),
        None if target is None else y(target),
        None if target is None else labels_y[-1],
    )


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    """Write an SVG path that starts anew after each gap."""
    parts: list[str] = []
    pen_up = True
    for point in points:
        if point is not None:
            parts.append(f"{'M' if pen_up else 'L'}{point[0]} {point[1]}")
        pen_up = point is None
    return "".join(parts)


def _apart(wanted: Sequence[float], *, gap: float = 17.0) -> list[float]:
    """Move labels downwards from where they are wanted, so that none covers another."""
    placed = list(wanted)
    floor = -math.inf
    for index in sorted(range(len(wanted)), key=lambda i: wanted[i]):
        floor = placed[index] = round(max(wanted[index], floor + gap), 1)
    return placed


@dataclass(frozen=True, slots=True)
class SparklineDrawing:
    """A small trend: the path, the points, and the band of the reference range when it is known."""

    width: float
    height: float
    path: str
    points: tuple[tuple[float, float], ...]
    band: tuple[float, float] | None
    """y and height of the range's band."""


def sparkline_drawing(
    values: Sequence[tuple[datetime, Number]],
    *,
    low: Number | None = None,
    high: Number | None = None,
    width: float = 112.0,
    height: float = 32.0,
) -> SparklineDrawing:
    """Lay out values over true time, oldest first, with room for the reference band. Needs at least one value."""
    if not values:
        raise ValueError("a trend needs a value")
    _bounded(values, POINTS_MAX)
    numbers = [float(v) for _, v in values]
    bounds = [float(b) for b in (low, high) if b is not None]
    bottom, top = min([*numbers, *bounds]), max([*numbers, *bounds])
    room = (top - bottom) or abs(top) or 1.0
    bottom, top = bottom - room * 0.06, top + room * 0.06
    margin = 4.0
    start = values[0][0]
    span = (values[-1][0] - start) / timedelta(seconds=1) or 1.0

    def y(value: float) -> float:
        return round(margin + (height - 2 * margin) * (top - value) / (top - bottom), 1)

    points = [
        (
            round(margin + (width - 2 * margin) * ((at - start) / timedelta(seconds=1)) / span, 1) if len(values) > 1 else width / 2,
            y(float(v)),
        )
        for at, v in values
    ]
    band = None
    if bounds:
        band_top = y(float(high)) if high is not None else margin
        band_bottom = y(float(low)) if low is not None else height - margin
        band = (band_top, round(band_bottom - band_top, 1))
    return SparklineDrawing(width, height, _path(points), tuple(points), band)


@dataclass(frozen=True, slots=True)
class RangePosition:
    """Where a value stands on a bar whose middle three fifths are the reference range; 0 to 100."""

    place: float
    side: Literal["below", "within", "above"]
    beyond: bool
    """The value lies outside the bar: drawn at its end with an arrow."""


def range_position(value: Number, low: Number | None, high: Number | None) -> RangePosition | None:
    """Place a value against its range. None when no range is known: then nothing may suggest "normal"."""
    if low is None and high is None:
        return None
    number = float(value)
    if low is None or high is None:
        bound = float(high if low is None else low)  # type: ignore[arg-type] # one of the two is known here
        span = abs(bound) or 1.0
        place = 80 + (number - bound) / span * 60 if low is None else 20 + (number - bound) / span * 60
        side = ("above" if number > bound else "within") if low is None else ("below" if number < bound else "within")
    else:
        span = (float(high) - float(low)) or 1.0
        place = 20 + (number - float(low)) / span * 60
        side = "below" if number < float(low) else "above" if number > float(high) else "within"
    return RangePosition(round(min(max(place, 3.0), 97.0), 1), side, not 3.0 <= place <= 97.0)


@dataclass(frozen=True, slots=True)
class TrendDrawing:
    """Values over true time: places across in percent, down in pixels; the band is the reference range, None without one."""

    height: float
    axis_y: float
    path: str
    points: tuple[tuple[float, float, str], ...]
    """Across, down, and `in`, `out` or `none` of the range."""
    band: tuple[float, float] | None
    x_ticks: tuple[tuple[float, datetime], ...]
    y_ticks: tuple[Tick, ...]


def trend_drawing(
    points: Sequence[tuple[datetime, Decimal]], *, low: Number | None = None, high: Number | None = None, height: float = PLOT_HEIGHT
) -> TrendDrawing:
    """Lay out values over time, oldest first (at least one), with the range as a band. The axis covers values and range, not zero."""
    _bounded(points, POINTS_MAX)
    known = [float(value) for _, value in points] + [float(end) for end in (low, high) if end is not None]
    least, most = min(known, default=0.0), max(known, default=1.0)
    room = (most - least) * 0.08 or abs(most) * 0.1 or 1.0
    ups = ticks(least - room, most + room, count=4)
    left, right, top, axis_y = 9.0, 96.0, 14.0, height - 26.0

    def y(value: Number) -> float:
        return round(axis_y - (axis_y - top) * (float(value) - ups[0]) / (ups[-1] - ups[0]), 1)

    begin = points[0][0]
    length_s = (points[-1][0] - begin).total_seconds()

    def x(at: datetime) -> float:
        return round(left + (right - left) * ((at - begin).total_seconds() / length_s if length_s else 0.5), 2)

    drawn = tuple(
        (x(at), y(value), "none" if low is None and high is None else "out" if _outside(value, low, high) else "in") for at, value in points
    )
    band = None
    if low is not None or high is not None:
        upper, lower = y(high) if high is not None else top, y(low) if low is not None else axis_y
        band = (upper, round(lower - upper, 1))
    shown: list[tuple[float, datetime]] = []
    for at, _value in points:
        if not shown or x(at) - shown[-1][0] >= 18.0:
            shown.append((x(at), at))
    return TrendDrawing(
        height,
        axis_y,
        _path([(across, down) for across, down, _ in drawn]),
        drawn,
        band,
        tuple(shown),
        tuple(Tick(y(up), _text(up)) for up in ups),
    )


def _outside(value: Decimal, low: Number | None, high: Number | None) -> bool:
    return (low is not None and float(value) < float(low)) or (high is not None and float(value) > float(high))
