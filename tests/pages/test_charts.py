"""Charts: what is drawn is what was counted."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.pages import charts

sizes = st.floats(min_value=0, max_value=1e6, allow_nan=False)


@given(st.floats(-1e6, 1e6), st.floats(min_value=1e-3, max_value=1e6), st.integers(2, 8))
def test_ticks_cover_the_range_in_round_steps(low: float, span: float, count: int) -> None:
    marks = charts.ticks(low, low + span, count=count)
    tolerance = max(abs(low), span) * 1e-6
    assert marks[0] <= low + tolerance
    assert marks[-1] >= low + span - tolerance
    assert 2 <= len(marks) <= count + 3
    step = marks[1] - marks[0]
    digits = f"{step:.3e}"[0:5]
    assert digits in {"1.000", "2.000", "5.000"}


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), (float("nan"), 1), (0, float("inf"))])
def test_no_axis_without_a_range(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="no axis"):
        charts.ticks(low, high)


@given(st.lists(sizes, max_size=charts.ROWS_MAX))
def test_bars_are_as_long_as_their_values(values: list[float]) -> None:
    drawn = charts.bars_drawing([charts.Bar(label="a", value=value, text="") for value in values])
    longest = max(values, default=0)
    for row in drawn.rows:
        assert row.length == pytest.approx(100 * float(row.bar.value) / longest if longest else 0, abs=0.01)


def test_a_bar_below_zero_or_too_many_raise() -> None:
    with pytest.raises(ValueError, match="shorter than nothing"):
        charts.bars_drawing([charts.Bar(label="a", value=-1, text="")])
    with pytest.raises(ValueError, match="more than"):
        charts.bars_drawing([charts.Bar(label="a", value=1, text="")] * (charts.ROWS_MAX + 1))


def test_percentiles_stand_in_order_and_a_missed_target_is_marked() -> None:
    drawn = charts.percentiles_drawing(
        [
            charts.Spread(label="kept", count=9, p10=5, p50=20, p90=45, p95=60, target=45),
            charts.Spread(label="missed", count=9, p10=5, p50=20, p90=46, p95=100, target=45),
            charts.Spread(label="none", count=9, p10=0, p50=0, p90=0, p95=0),
        ]
    )
    assert [row.late for row in drawn.rows] == [False, True, False]
    for row in drawn.rows:
        assert 0 <= row.p10 <= row.p50 <= row.p90 <= row.p95 <= 100
    assert drawn.rows[0].p90 == drawn.rows[0].target == 45
    assert drawn.ticks[-1].place == 100


@given(st.lists(st.floats(0, 290), max_size=200))
def test_a_histogram_loses_no_value(values: list[float]) -> None:
    drawn = charts.histogram_drawing(values, bin_width=5)
    assert sum(each.count for each in drawn.bins) == len(values)
    for each in drawn.bins:
        assert each.count == sum(1 for value in values if each.low <= value < each.high)
        assert 0 <= each.x <= each.x + each.width <= 100.01


def test_a_histogram_with_too_many_bins_raises() -> None:
    with pytest.raises(ValueError, match="wider bins"):
        charts.histogram_drawing([1, 1000], bin_width=1)


def test_a_line_breaks_where_nothing_was_measured() -> None:
    drawn = charts.series_drawing(["1", "2", "3", "4"], [charts.Line(label="a", values=(1, None, 3, 4))])
    assert drawn.lines[0].path.count("M") == 2
    assert len(drawn.lines[0].points) == 3


def test_labels_of_close_lines_stand_apart() -> None:
    lines = [charts.Line(label=name, values=(10, value)) for name, value in (("a", 10), ("b", 10.1), ("c", 10.2))]
    drawn = charts.series_drawing(["1", "2"], lines, target=10)
    places = sorted([*(line.label_y for line in drawn.lines), drawn.target_label_y or 0])
    assert all(b - a > 16.9 for a, b in pairwise(places))


def test_a_trend_is_drawn_over_true_time() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    values = [(start, Decimal("4.0")), (start + timedelta(days=1), Decimal("5.0")), (start + timedelta(days=10), Decimal("4.5"))]
    drawn = charts.sparkline_drawing(values, low=Decimal("3.5"), high=Decimal("5.1"))
    (x0, y0), (x1, y1), (x2, y2) = drawn.points
    assert (x1 - x0) * 9 == pytest.approx(x2 - x1, rel=0.05)
    assert y1 < y2 < y0  # larger is higher
    assert drawn.band is not None
    assert drawn.band[0] < y1


@pytest.mark.parametrize(
    ("value", "low", "high", "place", "side", "beyond"),
    [
        pytest.param("3.5", "3.5", "5.1", 20, "within", False, id="at-low"),
        pytest.param("5.1", "3.5", "5.1", 80, "within", False, id="at-high"),
        pytest.param("4.3", "3.5", "5.1", 50, "within", False, id="middle"),
        pytest.param("5.2", "3.5", "5.1", 83.8, "above", False, id="above"),
        pytest.param("9.9", "3.5", "5.1", 97, "above", True, id="far-above"),
        pytest.param("0.1", "3.5", "5.1", 3, "below", True, id="far-below"),
        pytest.param("60", "60", None, 20, "within", False, id="only-low-at"),
        pytest.param("34", "60", None, 3, "below", True, id="only-low-below"),
        pytest.param("0.40", None, "0.40", 80, "within", False, id="only-high-at"),
        pytest.param("0.44", None, "0.40", 86, "above", False, id="only-high-above"),
    ],
)
def test_a_value_stands_where_it_should_against_its_range(
    value: str, low: str | None, high: str | None, place: float, side: str, *, beyond: bool
) -> None:
    stands = charts.range_position(Decimal(value), None if low is None else Decimal(low), None if high is None else Decimal(high))
    assert stands is not None
    assert (stands.place, stands.side, stands.beyond) == (place, side, beyond)


def test_without_a_range_nothing_is_placed() -> None:
    assert charts.range_position(4, None, None) is None
