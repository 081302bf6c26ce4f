"""Planning a draw: D1 to D6 of docs/clinical/order-of-draw.md. Order, caps, inversions and carry-over come from the facts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.order_of_draw import (
    DrawPlan,
    TooManyTests,
    blood_culture_bottles,
    need_ml,
    order_refusals,
    plan_collections,
    plan_draw,
)
from benchside.areas.laboratory.tubes import package_tubes, tube_names
from tests.rules.facts import facts

CATALOGUE, TUBES = package_catalogue(), package_tubes()


def names(plan: DrawPlan) -> list[str]:
    return [tube.tube for tube in plan.tubes]


def test_the_tubes_are_those_of_the_facts() -> None:
    for row in facts("order_of_draw")["venous"]:
        tube = TUBES.tubes[row["id"]]
        assert tube.position == row["pos"]
        assert list(tube.inversions) == row["inversions"]
        assert tube.basis == row["basis"]
        if "volumes_ml" in row:
            assert [float(volume) for volume in tube.volumes_ml] == row["volumes_ml"]
        if "min_fill_pct" in row:
            assert tube.min_fill_pct == row["min_fill_pct"]


def test_the_carry_over_is_that_of_the_facts() -> None:
    rows = facts("order_of_draw")["carry_over"]
    ours = {entry.source_tube: set(entry.into) - {"SERUM_PLAIN"} for entry in TUBES.carry_over}
    assert ours == {row["from"]: set(row["into"]) for row in rows}


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        pytest.param(["CMP"], ["HEPARIN"], id="D1-fourteen-tests-one-tube"),
        pytest.param(["CMP", "LIPID", "LIVER", "RENAL"], ["HEPARIN"], id="D1-shared-tests-are-drawn-once"),
        pytest.param(["CMP", "FERRITIN"], ["SERUM_GEL"], id="D1-one-serum-test-pulls-the-rest-into-serum"),
        pytest.param(["CMP", "FERRITIN", "HSTNI"], ["SERUM_GEL", "HEPARIN"], id="D1-two-that-cannot-share"),
        pytest.param(["CBC", "HBA1C", "ESR"], ["EDTA"], id="D1-whole-blood-shares"),
        pytest.param(["CBC", "BNP"], ["EDTA", "EDTA"], id="D2-spun-and-whole-never-share"),
        pytest.param(["CBC", "AMMONIA"], ["EDTA", "EDTA"], id="D2-ice-has-a-tube-of-its-own"),
        pytest.param(["CBC", "TYPESCREEN"], ["EDTA", "EDTA"], id="D2-blood-bank-has-a-tube-of-its-own"),
        pytest.param(["GLUCOSE", "LACTATE"], ["FLUORIDE", "FLUORIDE"], id="D2-glucose-does-not-ride-on-ice"),
        pytest.param(
            ["COAG", "CBC", "CMP", "BCX"], ["BLOOD_CULTURE", "BLOOD_CULTURE", "CITRATE", "HEPARIN", "EDTA"], id="D3-cultures-first"
        ),
        pytest.param(["ETHANOL", "CBC", "FERRITIN", "PT", "TRIG"], ["CITRATE", "SERUM_GEL", "EDTA", "FLUORIDE"], id="D3-in-order"),
    ],
)
def test_tubes(orders: list[str], expected: list[str]) -> None:
    assert names(plan_draw(orders, CATALOGUE, TUBES)) == expected


def test_D3_every_tube_says_all_the_collector_needs() -> None:
    plan = plan_draw(["COAG", "LACTATE"], CATALOGUE, TUBES)
    citrate, fluoride = plan.tubes
    assert (citrate.number, citrate.of, citrate.tube, citrate.volume_ml, citrate.inversions) == (1, 2, "CITRATE", Decimal("2.7"), (3, 4))
    assert set(citrate.tests) == {"PT", "INR", "APTT"}
    assert {"full-tube", "never-chilled"} <= set(citrate.handling)
    assert {"on-ice", "no-tourniquet", "spin-within-15-min"} == set(fluoride.handling)
    assert plan.blood_ml == Decimal("2.7") + fluoride.volume_ml
    assert {item for tube in plan.tubes for item in tube.handling} <= set(CATALOGUE.handling)


@pytest.mark.parametrize(
    ("orders", "equipment", "expected"),
    [
        pytest.param(["PT"], "winged", ["DISCARD", "CITRATE"], id="D4-winged-set-citrate-first"),
        pytest.param(["PT"], "needle", ["CITRATE"], id="D4-needle-needs-none"),
        pytest.param(["PT", "BCX"], "winged", ["BLOOD_CULTURE", "BLOOD_CULTURE", "CITRATE"], id="D4-a-culture-fills-the-tubing"),
        pytest.param(["CMP"], "winged", ["HEPARIN"], id="D4-no-citrate-no-discard"),
    ],
)
def test_discard_tube(orders: list[str], equipment: str, expected: list[str]) -> None:
    plan = plan_draw(orders, CATALOGUE, TUBES, equipment=equipment)  # type: ignore[arg-type]  # literals above
    assert names(plan) == expected
    assert plan.blood_ml == sum(tube.volume_ml for tube in plan.tubes), "the discard counts as blood taken"


@pytest.mark.parametrize(
    ("weight", "equipment", "expected"),
    [
        pytest.param(None, "winged", [("aerobic", "10"), ("anaerobic", "10")], id="D5-adult-winged-aerobic-first"),
        pytest.param(None, "syringe", [("anaerobic", "10"), ("aerobic", "10")], id="D5-adult-syringe-anaerobic-first"),
        pytest.param("3", "needle", [("aerobic", "1.5")], id="D5-newborn"),
        pytest.param("11", "needle", [("aerobic", "7.5")], id="D5-eleven-kg"),
        pytest.param("10.99", "needle", [("aerobic", "1.5")], id="D5-just-under-eleven-kg"),
        pytest.param("17", "winged", [("aerobic", "10"), ("anaerobic", "10")], id="D5-seventeen-kg"),
    ],
)
def test_blood_culture_bottles(weight: str | None, equipment: str, expected: list[tuple[str, str]]) -> None:
    found = blood_culture_bottles(TUBES, Decimal(weight) if weight else None, equipment)  # type: ignore[arg-type]  # literals above
    assert [(bottle, ml) for bottle, ml in found] == [(bottle, Decimal(ml)) for bottle, ml in expected]


@pytest.mark.parametrize(
    ("drawn", "capillary", "expected"),
    [
        pytest.param(["CITRATE", "SERUM_GEL", "HEPARIN", "EDTA", "FLUORIDE"], False, [], id="D6-in-order"),
        pytest.param(["EDTA", "SERUM_GEL"], False, [("tube:EDTA", "tube:SERUM_GEL", "carry-over:EDTA")], id="D6-edta-before-serum"),
        pytest.param(
            ["HEPARIN", "CITRATE"], False, [("tube:HEPARIN", "tube:CITRATE", "carry-over:HEPARIN")], id="D6-heparin-before-citrate"
        ),
        pytest.param(
            ["EDTA", "CITRATE"], False, [("tube:EDTA", "tube:CITRATE", "carry-over:additive")], id="D6-effect-not-listed-is-still-told"
        ),
        pytest.param(
            ["SERUM_GEL", "EDTA", "CITRATE", "FLUORIDE"],
            False,
            [("tube:SERUM_GEL", "tube:CITRATE", "carry-over:SERUM_GEL"), ("tube:EDTA", "tube:CITRATE", "carry-over:additive")],
            id="D6-each-pair-once",
        ),
        pytest.param(
            ["EDTA", "EDTA", "SERUM_GEL", "SERUM_GEL"],
            False,
            [("tube:EDTA", "tube:SERUM_GEL", "carry-over:EDTA")],
            id="D6-repeats-are-told-once",
        ),
        pytest.param(["EDTA_MICRO", "HEPARIN_MICRO", "SERUM_MICRO"], True, [], id="D6-capillary-in-order"),
        pytest.param(
            ["SERUM_MICRO", "EDTA_MICRO"],
            True,
            [("tube:SERUM_MICRO", "tube:EDTA_MICRO", "carry-over:additive")],
            id="D6-capillary-edta-first",
        ),
        pytest.param(
            ["EDTA_MICRO", "SERUM_MICRO"],
            False,
            [("tube:EDTA_MICRO", "tube:SERUM_MICRO", "carry-over:additive")],
            id="D6-the-same-from-a-vein-is-wrong",
        ),
    ],
)
def test_order_of_draw(drawn: list[str], capillary: bool, expected: list[tuple[str, str, str]]) -> None:
    refusals = order_refusals(drawn, TUBES, capillary=capillary)
    assert [(item.facts["earlier"], item.facts["later"], item.facts["effect"]) for item in refusals] == expected
    assert all(str(value) in tube_names("es") for item in refusals for value in item.facts.values())


def test_D1_each_way_has_a_plan_of_its_own() -> None:
    plans = plan_collections(["UA", "UCX", "CBC", "ABG", "POCGLU", "BCX"], CATALOGUE, TUBES)
    assert {way: names(plan) for way, plan in plans.items()} == {
        "urine": ["URINE_CUP"],
        "venipuncture": ["BLOOD_CULTURE", "BLOOD_CULTURE", "EDTA"],
        "arterial": ["HEPARIN"],
        "capillary": ["CAPILLARY"],
    }
    assert plans["urine"].blood_ml == 0


def test_a_small_child_takes_micro_tubes_and_less_blood() -> None:
    usual = plan_draw(["CMP", "CBC"], CATALOGUE, TUBES)
    micro = plan_draw(["CMP", "CBC"], CATALOGUE, TUBES, micro=True)
    assert names(micro) == ["EDTA_MICRO", "SERUM_MICRO"]
    assert (usual.blood_ml, micro.blood_ml) == (Decimal(6), Decimal("1.1"))


def test_too_many_tests_are_refused() -> None:
    sodium = CATALOGUE.tests["SODIUM"]
    many = {f"X{number}": replace(sodium, code=f"X{number}") for number in range(81)}
    with pytest.raises(TooManyTests):
        plan_draw(list(many), replace(CATALOGUE, tests=many), TUBES)


VENOUS = [code for code, test in CATALOGUE.tests.items() if test.definition.way == "venipuncture"]


def partitions(items: Sequence[str]) -> Iterator[list[list[str]]]:
    """Give every way to divide items into groups."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for smaller in partitions(rest):
        for place in range(len(smaller)):
            yield [*smaller[:place], [first, *smaller[place]], *smaller[place + 1 :]]
        yield [[first], *smaller]


def best_by_trying_everything(codes: Sequence[str]) -> tuple[int, Decimal]:
    """The fewest tubes and the least blood, found by trying every grouping and every tube for every group."""
    best: tuple[int, Decimal] | None = None
    for groups in partitions(codes):
        if best is not None and len(groups) > best[0]:
            continue
        choices = []
        for group in groups:
            tests = [CATALOGUE.tests[code] for code in group]
            if len({(test.definition.group, test.definition.processing) for test in tests}) > 1:
                break
            sizes = []
            for tube in set.intersection(*(set(test.facts.tubes) for test in tests)):
                facts_ = [test.facts for test in tests]
                needed = need_ml(
                    TUBES.tubes[tube],
                    tests[0].definition.processing,
                    max(f.usual_ml for f in facts_),
                    max(f.smallest_ml for f in facts_),
                    len(facts_),
                    sum((f.smallest_ml for f in facts_), Decimal(0)),
                )
                size = TUBES.tubes[tube].smallest_size(needed)
                sizes += [size] if size is not None else []
            if not sizes:
                break
            choices.append(sizes)
        else:
            for combination in product(*choices):
                candidate = (len(groups), sum(combination, Decimal(0)))
                best = candidate if best is None or candidate < best else best
    assert best is not None
    return best


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(VENOUS), min_size=1, max_size=6, unique=True))
def test_D1_no_grouping_has_fewer_tubes_or_less_blood(codes: list[str]) -> None:
    plan = plan_draw(codes, CATALOGUE, TUBES)
    assert (len(plan.tubes), plan.blood_ml) == best_by_trying_everything(codes)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([*CATALOGUE.tests, *CATALOGUE.panels]), min_size=1, max_size=12),
    st.sampled_from(["needle", "winged", "syringe"]),
)
def test_every_test_is_drawn_once_into_a_tube_it_may_have(orders: list[str], equipment: str) -> None:
    tests = [code for code in CATALOGUE.tests_of(orders) if CATALOGUE.tests[code].definition.way != "blood_culture"]
    plan = plan_draw(tests, CATALOGUE, TUBES, equipment=equipment) if tests else DrawPlan((), Decimal(0))  # type: ignore[arg-type]  # literals above
    drawn = [code for tube in plan.tubes for code in tube.tests]
    assert sorted(drawn) == sorted(tests)
    for tube in plan.tubes:
        assert all(tube.tube in CATALOGUE.tests[code].facts.tubes for code in tube.tests)
        assert tube.volume_ml >= tube.need_ml
    assert order_refusals([tube.tube for tube in plan.tubes], TUBES) == ()
