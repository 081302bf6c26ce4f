"""Package tables: digits kept, truth values only `true` and `false`, and a site's values laid over them."""

from decimal import Decimal

import pytest

from benchside.areas.bedside.vitals import package_vitals
from benchside.areas.laboratory.autoverification import package_autoverification
from benchside.areas.laboratory.blood_volume import package_blood_volume
from benchside.areas.laboratory.critical import package_critical
from benchside.areas.laboratory.quality import package_quality
from benchside.areas.laboratory.reception import package_reception
from benchside.areas.laboratory.tubes import package_tubes
from benchside.areas.laboratory.turnaround import package_turnaround
from benchside.terms.package_data import TABLE_BYTES_MAX, TableInvalid, overlaid, parse_table

TABLES = [
    package_vitals(), package_autoverification(), package_blood_volume(), package_critical(), package_quality(), package_reception(),
    package_tubes(), package_turnaround(),
]  # fmt: skip


@pytest.mark.parametrize("table", TABLES, ids=[type(table).__name__ for table in TABLES])
def test_nothing_laid_over_changes_nothing(table: object) -> None:
    assert overlaid(table, {}, name="site") == table


def test_a_site_changes_one_figure_and_the_rest_stays() -> None:
    package = package_turnaround()
    site = overlaid(package, {"overdue_min": {"stat": {"order-to-collect": 10}}}, name="site")
    assert site.overdue_min["stat"]["order-to-collect"] == 10
    assert site.overdue_min["stat"]["order-to-result"] == package.overdue_min["stat"]["order-to-result"]
    assert site.overdue_min["routine"] == package.overdue_min["routine"]
    assert package.overdue_min["stat"]["order-to-collect"] == 15


def test_a_site_adds_a_row_and_can_take_a_limit_away() -> None:
    site = overlaid(
        package_critical(),
        {"components": {"BG_PO2": {"low": None}, "MCV": {"source": "site", "basis": "K", "low": Decimal("50.5")}}},
        name="site",
    )
    assert site.components["BG_PO2"].low is None
    assert site.components["MCV"].low == Decimal("50.5")


@pytest.mark.parametrize(
    ("changes", "place"), [({"valid_hours": "soon"}, "valid_hours"), ({"colour": 1}, "colour"), ({"actions": {"1_3s": "pray"}}, "actions")]
)
def test_what_does_not_fit_names_its_place(changes: dict[str, object], place: str) -> None:
    with pytest.raises(TableInvalid, match=place):
        overlaid(package_quality(), changes, name="site")


@pytest.mark.parametrize(
    ("text", "reason"), [("a: [", "not YAML"), ("a: !!python/object:os.system x", "not YAML"), ("x" * (TABLE_BYTES_MAX + 1), "larger")]
)
def test_what_is_no_table_is_refused(text: str, reason: str) -> None:
    with pytest.raises(TableInvalid, match=reason):
        parse_table(text, dict[str, int], name="t")
