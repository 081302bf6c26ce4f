"""The chart of controls after Levey and Jennings: distance from the mean in standard deviations, run by run, level by level."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from benchside.record import Record
from benchside.record.keys import moment as moment_of_us

POINTS_MAX: Final = 120
HEIGHT: Final = 240.0
SD_SHOWN: Final = 4
"""A point farther out is drawn at the edge, and its number stands in the table."""


@dataclass(frozen=True, slots=True)
class KeptPoint:
    """A control as the page shows it."""

    id: str
    run: str
    level: str
    lot: str
    value: str
    unit: str
    z: Decimal | None
    rules: str
    excluded: bool
    at: datetime
    performer: str
    note: str


def points_of(record: Record, device_id: str, test: str) -> list[KeptPoint]:
    """The newest POINTS_MAX controls of a test on a device, oldest first."""
    rows = record.engine.rows(
        "SELECT id, run, level, lot, value, unit, mean, sd, rules, excluded, at_us, performer, note FROM control_row "
        "WHERE device = ? AND test = ? ORDER BY at_us DESC, id DESC LIMIT ?",
        (device_id, test, POINTS_MAX),
    )
    points: list[KeptPoint] = []
    for own, run, level, lot, value, unit, mean, sd, rules, excluded, at, performer, note in reversed(rows):
        z = (Decimal(value) - Decimal(mean)) / Decimal(sd) if mean and sd and Decimal(sd) > 0 else None
        points.append(KeptPoint(own, run, level, lot, value, unit, z, rules, bool(excluded), moment_of_us(at), performer, note))
    return points


@dataclass(frozen=True, slots=True)
class Mark:
    """A drawn point: percent across, pixels down, which level's shape, and whether it is out."""

    x: float
    y: float
    shape: int
    state: str
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: its lines at each standard deviation, its marks, and the levels in the order of their shapes."""

    height: float
    lines: tuple[tuple[int, float], ...]
    marks: tuple[Mark, ...]
    levels: tuple[str, ...]


def down(z: float) -> float:
    """The place of a distance from the mean, in pixels from the top."""
    held = max(-SD_SHOWN, min(SD_SHOWN, z))
    return round(HEIGHT / 2 - held * (HEIGHT / 2 - 12) / SD_SHOWN, 1)


def chart_of(points: Sequence[KeptPoint]) -> Chart | None:
    """Lay the points out over their runs, None when there is nothing to draw; what has no mean or deviation is left out."""
    drawn = [point for point in points if point.z is not None]
    if not drawn:
        return None
    runs = list(dict.fromkeys(point.run for point in drawn))
    levels = tuple(sorted({point.level for point in drawn}))
    marks: list[Mark] = []
    for point in drawn:
        assert point.z is not None  # our own filter
        place = runs.index(point.run)
        x = 50.0 if len(runs) == 1 else round(4 + 92 * place / (len(runs) - 1), 2)
        z = float(point.z)
        state = "out" if point.excluded else "bad" if abs(z) > 3 else "near" if abs(z) > 2 else "good"
        marks.append(Mark(x, down(z), levels.index(point.level) % 3, state, f"{point.level}: {point.value} {point.unit} ({z:+.1f} SD)"))
    return Chart(HEIGHT, tuple((sd, down(sd)) for sd in range(-3, 4)), tuple(marks), levels)
