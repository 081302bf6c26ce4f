"""Geometry of the charts: numbers in, places out. The macros in `components/charts.html` write the SVG.

All places are in the units of the drawing's own box, y downwards, rounded to a tenth. Drawn on the server, so that a chart is in
the page without JavaScript, on paper, and for a screen reader, which gets the numbers as a table.
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
    """A drawn bar."""

    bar: Bar
    y: float
    length: float


@dataclass(frozen=True, slots=True)
class BarsDrawing:
    """A drawn bar chart."""

    width: float
    height: float
    left: float
    bar_height: float
    rows: tuple[BarRow, ...]


def bars_drawing(bars: Sequence[Bar], *, width: float = 640.0, left: float = 190.0) -> BarsDrawing:
    """Lay out horizontal bars from zero, longest to the full width less room for the value's text. Values below zero raise."""
    _bounded(bars, ROWS_MAX)
    longest = max((float(bar.value) for bar in bars), default=0.0)
    if any(float(bar.value) < 0 for bar in bars):
        raise ValueError("a bar cannot be shorter than nothing")
    room, pitch, thick = width - left - 72.0, 34.0, 18.0
    rows = tuple(
        BarRow(bar, round(8 + index * pitch, 1), round(room * float(bar.value) / longest, 1) if longest else 0.0)
        for index, bar in enumerate(bars)
    )
    return BarsDrawing(width, round(8 + len(bars) * pitch, 1), left, thick, rows)


@dataclass(frozen=True, slots=True)
class SpreadRow:
    """A drawn row of a percentile plot: x of each percentile and of the target."""

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

    width: float
    height: float
    left: float
    right: float
    axis_y: float
    ticks: tuple[Tick, ...]
    rows: tuple[SpreadRow, ...]


def percentiles_drawing(spreads: Sequence[Spread], *, width: float = 640.0, left: float = 170.0) -> PercentilesDrawing:
    """Lay out one row per stage: p10 to p90 as a band, the median as a mark, p95 as a whisker, the target as a line."""
    _bounded(spreads, ROWS_MAX)
    highest = max((float(max(s.p95, s.target or 0)) for s in spreads), default=0.0) or 1.0
    marks = ticks(0.0, highest)
    right, top, pitch = width - 24.0, 10.0, 46.0

    def x(value: Number) -> float:
        return round(left + (right - left) * float(value) / marks[-1], 1)

    rows = tuple(
        SpreadRow(
            spread, round(top + pitch * (index + 0.5), 1), x(spread.p10), x(spread.p50), x(spread.p90), x(spread.p95),
            None if spread.target is None else x(spread.target), spread.target is not None and spread.p90 > spread.target,
        )
        for index, spread in enumerate(spreads)
    )
    axis_y = top + pitch * len(spreads)
    return PercentilesDrawing(width, axis_y + 30.0, left, right, axis_y, tuple(Tick(x(m), _text(m)) for m in marks), rows)


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

    width: float
    height: float
    left: float
    top: float
    axis_y: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    bins: tuple[Bin, ...]
    marks: tuple[tuple[float, str], ...]


def histogram_drawing(
    values: Sequence[Number], *, bin_width: float, marks: Sequence[tuple[Number, str]] = (), width: float = 640.0, height: float = 240.0
) -> HistogramDrawing:
    """Count `values` (none below zero) into bins of `bin_width` from zero; `marks` are upright lines with a text (target, p90)."""
    numbers = [float(value) for value in values]
    if bin_width <= 0 or any(number < 0 for number in numbers):
        raise ValueError("a histogram needs a bin width above zero and no value below zero")
    highest = max([*numbers, *(float(at) for at, _ in marks), bin_width])
    count = math.floor(highest / bin_width) + 1
    if count > BINS_MAX:
        raise ValueError(f"{count} bins are more than {BINS_MAX}: take wider bins")
    counts = [0] * count
    for number in numbers:
        counts[min(int(number // bin_width), count - 1)] += 1
    left, right, top, axis_y = 44.0, width - 16.0, 22.0, height - 34.0
    ups = ticks(0.0, float(max(*counts, 1)), count=4) if count > 1 else ticks(0.0, float(max(counts[0], 1)), count=4)
    ups = tuple(up for up in ups if up == int(up))
    unit, step = (axis_y - top) / ups[-1], (right - left) / count
    bins = tuple(
        Bin(
            index * bin_width, (index + 1) * bin_width, counted, round(left + index * step + 1, 1),
            round(axis_y - counted * unit, 1), round(step - 2, 1), round(counted * unit, 1),
        )
        for index, counted in enumerate(counts)
    )

    def x(value: float) -> float:
        return round(left + value / (count * bin_width) * (right - left), 1)

    shown = [mark for mark in ticks(0.0, count * bin_width, count=8) if mark <= count * bin_width]
    return HistogramDrawing(
        width, height, left, top, axis_y, tuple(Tick(x(m), _text(m)) for m in shown),
        tuple(Tick(round(axis_y - up * unit, 1), _text(up)) for up in ups), bins, tuple((x(float(at)), text) for at, text in marks),
    )


@dataclass(frozen=True, slots=True)
class LineDrawing:
    """A drawn line: an SVG path, its points, and where its label goes."""

    line: Line
    path: str
    points: tuple[tuple[float, float], ...]
    label_y: float


@dataclass(frozen=True, slots=True)
class SeriesDrawing:
    """Lines over common labels, with an optional target."""

    width: float
    height: float
    left: float
    right: float
    axis_y: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[LineDrawing, ...]
    target_y: float | None


def series_drawing(
    labels: Sequence[str], lines: Sequence[Line], *, target: Number | None = None, width: float = 640.0, height: float = 240.0
) -> SeriesDrawing:
    """Lay out up to four lines over `labels` (days, hours), from zero; each line is labelled at its end, labels kept apart."""
    _bounded(labels, POINTS_MAX)
    _bounded(lines, 4)
    if any(len(line.values) != len(labels) for line in lines):
        raise ValueError("each line needs one value (or None) for each label")
    known = [float(v) for line in lines for v in line.values if v is not None]
    highest = max([*known, float(target or 0)], default=0.0) or 1.0
    ups = ticks(0.0, highest, count=4)
    left, right, top, axis_y = 44.0, width - 104.0, 14.0, height - 34.0
    step = (right - left) / max(len(labels) - 1, 1)

    def y(value: Number) -> float:
        return round(axis_y - (axis_y - top) * float(value) / ups[-1], 1)

    drawn: list[LineDrawing] = []
    for line in lines:
        points = [(round(left + i * step, 1), y(v)) if v is not None else None for i, v in enumerate(line.values)]
        there = tuple(point for point in points if point is not None)
        drawn.append(LineDrawing(line, _path(points), there, there[-1][1] if there else axis_y))
    every = max(1, math.ceil(len(labels) / 8))
    return SeriesDrawing(
        width, height, left, right, axis_y,
        tuple(Tick(round(left + i * step, 1), label) for i, label in enumerate(labels) if i % every == 0),
        tuple(Tick(y(up), _text(up)) for up in ups), _apart(drawn), None if target is None else y(target),
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


def _apart(lines: Sequence[LineDrawing], *, gap: float = 18.0) -> tuple[LineDrawing, ...]:
    """Move the labels at the lines' ends so that none covers another."""
    placed: dict[int, float] = {}
    floor = -math.inf
    for index in sorted(range(len(lines)), key=lambda i: lines[i].label_y):
        floor = max(lines[index].label_y, floor + gap)
        placed[index] = floor
    return tuple(LineDrawing(line.line, line.path, line.points, round(placed[i], 1)) for i, line in enumerate(lines))


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
        (round(margin + (width - 2 * margin) * ((at - start) / timedelta(seconds=1)) / span, 1) if len(values) > 1 else width / 2, y(float(v)))
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
