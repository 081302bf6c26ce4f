"""Units and quantities.

Expected conversions come from the UCUM tables (version 2.1) and were cross-checked with NLM's `ucum-lhc` 7.1.9, a second
implementation; where it carries binary rounding noise the exact decimal of the table is given. Vital-sign factors are
those of the facts (vitals.yaml `units`).
"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.terms.quantity import (
    Quantity,
    UnitsDiffer,
    UnitUnknown,
    commensurable,
    convert,
    convert_quantity,
    decimals_of,
    is_unit,
    parse_unit,
    rounded,
)

CONVERSIONS = [
    ("37.5", "g/dL", "g/L", "375"),
    ("37.5", "mg/dL", "g/L", "0.375"),
    ("1", "ug/dL", "mg/L", "0.01"),
    ("37.5", "ng/mL", "ug/L", "37.5"),
    ("37.5", "pg/mL", "ng/L", "37.5"),
    ("37.5", "10*3/uL", "10*9/L", "37.5"),
    ("37.5", "10*6/uL", "10*12/L", "37.5"),
    ("37.5", "Cel", "[degF]", "99.5"),
    ("98.6", "[degF]", "Cel", "37"),
    ("37.5", "Cel", "K", "310.65"),
    ("1", "mm[Hg]", "kPa", "0.133322"),
    ("1", "[lb_av]", "kg", "0.45359237"),
    ("37.5", "[in_i]", "cm", "95.25"),
    ("37.5", "U/L", "ukat/L", "0.625"),
    ("37.5", "m[IU]/L", "u[IU]/mL", "37.5"),
    ("37.5", "mosm/kg", "osm/kg", "0.0375"),
    ("37.5", "mL", "uL", "37500"),
    ("37.5", "%", "1", "0.375"),
    ("37.5", "fL", "um3", "37.5"),
    ("1", "a", "d", "365.25"),
    ("37.5", "mo", "d", "1141.40625"),
    ("37.5", "meq/L", "eq/L", "0.0375"),
    ("37.5", "ng/dL", "pg/mL", "375"),
    ("37.5", "[ft_i]", "m", "11.43"),
    ("1", "bar", "kPa", "100"),
    ("2", "{INR}", "1", "2"),
]


@pytest.mark.parametrize(("value", "unit", "target", "expected"), CONVERSIONS, ids=[f"{u}-to-{t}" for _, u, t, _ in CONVERSIONS])
def test_convert(value: str, unit: str, target: str, expected: str) -> None:
    assert convert(Decimal(value), unit, target) == Decimal(expected)


def test_kilopascal_to_millimetres_of_mercury_as_in_the_facts() -> None:
    assert rounded(convert(Decimal(1), "kPa", "mm[Hg]"), 5) == Decimal("7.50064")  # vitals.yaml gives 7.50062, from 101325/760
    assert abs(convert(Decimal(1), "kPa", "mm[Hg]") - Decimal("7.50062")) < Decimal("0.00003")


def test_glucose_between_mass_and_amount_needs_a_molar_mass() -> None:
    # Factor 18.0182 mg/dL per mmol/L: vitals.yaml `glucose_mmol_to_mg`.
    molar_mass = Decimal("180.182")
    assert convert(Decimal("5.5"), "mmol/L", "mg/dL", molar_mass_g_per_mol=molar_mass) == Decimal("99.1001")
    assert rounded(convert(Decimal("99.1001"), "mg/dL", "mmol/L", molar_mass_g_per_mol=molar_mass), 6) == Decimal("5.500000")
    with pytest.raises(UnitsDiffer):
        convert(Decimal("5.5"), "mmol/L", "mg/dL")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[IU]/L", "U/L"),
        ("U/L", "g/L"),
        ("10*3/uL", "g/L"),
        ("%", "g/L"),
        ("10*3/uL", "mol/L"),
        ("meq/L", "mmol/L"),
        ("[CFU]/mL", "/mL"),
        ("mm[Hg]", "mm"),
    ],
)
def test_different_kinds_never_convert(one: str, other: str) -> None:
    assert not commensurable(one, other)
    with pytest.raises(UnitsDiffer):
        convert(Decimal(1), one, other, molar_mass_g_per_mol=Decimal(100))


@pytest.mark.parametrize("code", ["mmHg", "IU/L", "gm/dL", "lb", "degC", "foo", "", "mg/", "mg//dL", ".mg", "mg}/dL", "m" * 61, "g99"])
def test_what_is_not_ucum_is_an_error(code: str) -> None:
    assert not is_unit(code)
    with pytest.raises(UnitUnknown):
        parse_unit(code)


@pytest.mark.parametrize(
    "code", ["mL/min/{1.73_m2}", "/[HPF]", "ug{FEU}/L", "mg/dl", "[pH]", "{INR}", "mosm/kg", "10*3/uL", "m[IU]/mL", "mm[Hg]"]
)
def test_what_laboratories_write_is_read(code: str) -> None:
    assert is_unit(code)


@given(
    st.decimals(min_value=-(10**6), max_value=10**6, places=4),
    st.sampled_from([(u, t) for _, u, t, _ in CONVERSIONS]),
)
def test_there_and_back_is_the_same_value(value: Decimal, pair: tuple[str, str]) -> None:
    there = convert(value, *pair)
    assert abs(convert(there, pair[1], pair[0]) - value) <= Decimal("1e-18")


def test_comparator_and_unit_are_kept_together() -> None:
    assert convert_quantity(Quantity(Decimal("0.5"), "g/dL", "<"), "g/L") == Quantity(Decimal(5), "g/L", "<")
    with pytest.raises(ValueError, match="not a comparator"):
        Quantity(Decimal(1), "g/L", "~")
    with pytest.raises(ValueError, match="finite"):
        Quantity(Decimal("NaN"), "g/L")


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [("4.105", 2, "4.11"), ("-4.105", 2, "-4.11"), ("4.1", 2, "4.10"), ("0.5", 0, "1"), ("7", 1, "7.0")],
)
def test_rounding_half_away_from_zero_keeps_digits(value: str, decimals: int, expected: str) -> None:
    result = rounded(Decimal(value), decimals)
    assert str(result) == expected
    assert decimals_of(result) == decimals
