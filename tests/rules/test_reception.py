"""In the laboratory's door: P1 to P9 of docs/clinical/reception.md. Figures and 0490 codes come from the facts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.reception import (
    KEPT_AS_ASKED,
    Fault,
    Specimen,
    clock,
    clocks,
    faults,
    package_reception,
    plan_aliquots,
    plan_rejection,
    receive_refusals,
    reception_names,
    recovery_refusals,
    spin_refusals,
    stability_hours,
)
from benchside.areas.laboratory.tubes import package_tubes
from benchside.terms.refusal import Refusal
from tests.rules.facts import facts

CATALOGUE, TUBES, TABLE = package_catalogue(), package_tubes(), package_reception()
AT = datetime(2026, 5, 10, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def codes(refusals: tuple[Refusal, ...]) -> list[str]:
    return [refusal.code for refusal in refusals]


def specimen(tube: str, *tests: str, minutes_ago: float = 10, **changes: object) -> Specimen:
    base = Specimen("26-000123", tube, tests, AT - timedelta(minutes=minutes_ago))
    return replace(base, **changes)  # type: ignore[arg-type]  # the rows name real fields


def test_rejections_are_those_of_the_facts() -> None:
    rows = facts("rejection")["reasons"]
    assert {row["id"]: row["hl7"] for row in rows} == {code: rule.hl7 for code, rule in TABLE.rejections.items()}
    no_way_back = {row["id"] for row in rows if row["recover"] is False or row["recover"] == "no"}
    assert {code for code, rule in TABLE.rejections.items() if rule.recover == "no"} >= no_way_back


def test_codes_are_of_hl7_table_0490() -> None:
    # The codes of HL7 v2 table 0490, as published by HL7 (hl7.terminology.r4 CodeSystem v2-0490).
    table_0490 = {"EX", "QS", "RA", "RB", "RC", "RD", "RE", "RH", "RI", "RM", "RN", "RP", "RR", "RS"}
    assert {rule.hl7 for rule in TABLE.rejections.values() if rule.hl7 is not None} <= table_0490


def test_spinning_is_that_of_the_facts() -> None:
    for row in facts("centrifuge")["settings"]:
        ours = TABLE.centrifuge.get(
            {"PLASMA_HEPARIN": "HEPARIN", "CITRATE_PPP": "CITRATE", "URINE_SEDIMENT": "URINE_CUP"}.get(row["id"], row["id"])
        )
        if ours is None:
            continue
        assert ours.clot_min == row.get("clot_min", 0)
        assert list(ours.g) == (row["g"] if isinstance(row["g"], list) else [row["g"]] * 2)
        assert list(ours.minutes) == (row["minutes"] if isinstance(row["minutes"], list) else [row["minutes"]] * 2)
        if "spin_within_min" in row or "separate_within_h" in row:
            assert ours.spin_within_min == row.get("spin_within_min", row.get("separate_within_h", 0) * 60)


@pytest.mark.parametrize(
    ("test", "place", "tube", "extra", "hours"),
    [
        pytest.param("GLUCOSE", "unspun", "HEPARIN", (), "2", id="P1-general"),
        pytest.param("GLUCOSE", "unspun", "FLUORIDE", (), "24", id="P1-the-tube-has-its-own"),
        pytest.param("ICA", "unspun", "HEPARIN", (), "1", id="P1-warm"),
        pytest.param("ICA", "unspun", "HEPARIN", ("on-ice",), "4", id="P1-on-ice-is-longer"),
        pytest.param("APTT", "unspun", "CITRATE", (), "6", id="P1-no-heparin"),
        pytest.param("APTT", "unspun", "CITRATE", ("on-heparin",), "1", id="P1-heparin-is-shorter"),
        pytest.param("CBC", "unspun", "EDTA", (), "4", id="P1-a-sites-longer-time-must-be-told"),
        pytest.param("CBC", "unspun", "EDTA", ("many-sites",), "24", id="P1-a-site-that-told-it"),
        pytest.param("LACTATE", "unspun", "FLUORIDE", (), None, id="P1-only-on-ice"),
        pytest.param("UCX", "refrigerated", "URINE_CUP", (), "24", id="P1-cup"),
        pytest.param("UCX", "refrigerated", "URINE_BORATE", (), None, id="P1-no-figure-for-this-tube"),
        pytest.param("AMMONIA", "room", "EDTA", (), None, id="P1-not-allowed"),
    ],
)
def test_stability(test: str, place: str, tube: str, extra: tuple[str, ...], hours: str | None) -> None:
    limits = getattr(CATALOGUE.tests[test].facts.stability, place)
    found = stability_hours(limits, tube, KEPT_AS_ASKED | set(extra))
    assert found == (None if hours is None else Decimal(hours))


def test_P1_a_condition_that_was_broken_leaves_no_time() -> None:
    limits = CATALOGUE.tests["TBIL"].facts.stability.unspun
    assert stability_hours(limits, "SERUM_GEL", KEPT_AS_ASKED) == 24
    assert stability_hours(limits, "SERUM_GEL", KEPT_AS_ASKED - {"dark"}) is None


@pytest.mark.parametrize(
    ("tube", "test", "extra", "spin_after", "spin_by", "good"),
    [
        pytest.param("SERUM_GEL", "FERRITIN", {}, 30, 60, 24 * 60, id="P2-gel-clots-thirty-minutes"),
        pytest.param("SERUM_GEL", "FERRITIN", {"anticoagulated": True}, 60, 60, 24 * 60, id="P2-anticoagulated-thirty-more"),
        pytest.param("HEPARIN", "POTASSIUM", {}, 0, 120, 6 * 60, id="P2-plasma-at-once"),
        pytest.param("HEPARIN", "POTASSIUM", {"anticoagulated": True}, 0, 120, 6 * 60, id="P2-plasma-needs-no-clot"),
        pytest.param(
            "FLUORIDE", "LACTATE", {"conditions": KEPT_AS_ASKED | {"on-ice"}}, None, None, 15, id="P2-lactate-fifteen-minutes-on-ice"
        ),
        pytest.param("CITRATE", "ANTIXA", {}, 0, 60, 60, id="P2-anti-xa-within-an-hour"),
        pytest.param("EDTA", "CBC", {}, None, None, 4 * 60, id="P2-whole-blood-is-not-spun"),
    ],
)
def test_clock(tube: str, test: str, extra: dict[str, object], spin_after: int | None, spin_by: int | None, good: int) -> None:
    given = specimen(tube, test, minutes_ago=0, **extra)
    found = clock(given, CATALOGUE.tests[test], TABLE)
    minutes = [None if moment is None else (moment - AT) / MINUTE for moment in (found.spin_not_before, found.spin_by, found.good_until)]
    assert minutes == [spin_after, spin_by, good]


def test_P2_separated_the_time_runs_from_where_it_stands() -> None:
    stored = specimen("SERUM_GEL", "POTASSIUM", minutes_ago=60, spun_at=AT - 20 * MINUTE, place="refrigerated", placed_at=AT - 10 * MINUTE)
    found = clock(stored, CATALOGUE.tests["POTASSIUM"], TABLE)
    assert (found.spin_by, found.good_until) == (None, AT - 10 * MINUTE + timedelta(days=7))


def test_P2_the_soonest_end_stands_first() -> None:
    found = clocks(specimen("HEPARIN", "SODIUM", "GLUCOSE", "POTASSIUM"), CATALOGUE, TABLE)
    assert [entry.test for entry in found] == ["GLUCOSE", "POTASSIUM", "SODIUM"]


@pytest.mark.parametrize(
    ("given", "imbalance", "program", "expected"),
    [
        pytest.param(specimen("SERUM_GEL", "FERRITIN", minutes_ago=30), "0", 1500, [], id="P3-thirty-minutes"),
        pytest.param(
            specimen("SERUM_GEL", "FERRITIN", minutes_ago=29), "0", 1500, ["reception.clot-time.too-short"], id="P3-twenty-nine-minutes"
        ),
        pytest.param(
            specimen("SERUM_GEL", "FERRITIN", minutes_ago=59, anticoagulated=True),
            "0",
            1500,
            ["reception.clot-time.too-short"],
            id="P3-anticoagulated-fifty-nine",
        ),
        pytest.param(specimen("SERUM_GEL", "FERRITIN", minutes_ago=60, anticoagulated=True), "0", 1500, [], id="P3-anticoagulated-sixty"),
        pytest.param(specimen("EDTA", "CBC"), "0", 1500, ["reception.centrifuge.never-spun"], id="P3-whole-blood"),
        pytest.param(
            specimen("SERUM_GEL", "FERRITIN", minutes_ago=90, spun_at=AT - HOUR),
            "0",
            1500,
            ["reception.centrifuge.respin"],
            id="P3-gel-never-again",
        ),
        pytest.param(specimen("CITRATE", "PT", minutes_ago=90, spun_at=AT - HOUR), "0", 1500, [], id="P3-citrate-may-be-spun-twice"),
        pytest.param(specimen("SERUM_GEL", "FERRITIN", minutes_ago=40), "1", 1800, [], id="P3-one-gram"),
        pytest.param(
            specimen("SERUM_GEL", "FERRITIN", minutes_ago=40),
            "1.1",
            1801,
            ["reception.centrifuge.unbalanced", "reception.centrifuge.wrong-force"],
            id="P3-unbalanced-and-too-fast",
        ),
    ],
)
def test_spin(given: Specimen, imbalance: str, program: int, expected: list[str]) -> None:
    assert codes(spin_refusals([given], CATALOGUE, TABLE, at=AT, imbalance_g=Decimal(imbalance), program_g=program)) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(specimen("EDTA", "CBC"), [], id="P4-good"),
        pytest.param(specimen("EDTA", "CBC", minutes_ago=240), [], id="P4-exactly-four-hours"),
        pytest.param(specimen("EDTA", "CBC", minutes_ago=241), [Fault("TOO_OLD", ("CBC",))], id="P4-too-old"),
        pytest.param(specimen("EDTA", "CBC", collected_at=None), [Fault("NO_COLLECT_TIME", ("CBC",))], id="P4-no-time"),
        pytest.param(specimen("EDTA", "AMMONIA"), [Fault("NOT_ON_ICE", ("AMMONIA",))], id="P4-not-on-ice"),
        pytest.param(specimen("EDTA", "AMMONIA", conditions=KEPT_AS_ASKED | {"on-ice"}), [], id="P4-on-ice"),
        pytest.param(
            specimen("HEPARIN", "GLUCOSE", "POTASSIUM", minutes_ago=150), [Fault("TOO_OLD", ("GLUCOSE",))], id="P4-one-test-of-two"
        ),
        pytest.param(specimen("SERUM_GEL", "FERRITIN", minutes_ago=61), [Fault("UNSPUN_GEL", ("FERRITIN",))], id="P4-gel-not-spun"),
        pytest.param(specimen("SERUM_GEL", "FERRITIN", minutes_ago=60), [], id="P4-gel-in-the-last-minute"),
        pytest.param(specimen("CITRATE", "PT", fill_pct=Decimal(90)), [], id="P4-ninety-percent"),
        pytest.param(specimen("CITRATE", "PT", fill_pct=Decimal(89)), [Fault("UNDERFILLED_CITRATE", ("PT",))], id="P4-underfilled"),
        pytest.param(specimen("CITRATE", "PT", fill_pct=Decimal(111)), [Fault("OVERFILLED_CITRATE", ("PT",))], id="P4-overfilled"),
        pytest.param(specimen("EDTA", "CBC", "ESR", volume_ml=Decimal("0.9")), [Fault("QNS", ("ESR",))], id="P4-too-little-for-one"),
        pytest.param(
            specimen("BLOOD_CULTURE", "BCX", place="refrigerated", placed_at=AT),
            [Fault("WRONG_TEMPERATURE", ("BCX",))],
            id="P4-cultures-are-never-cooled",
        ),
    ],
)
def test_faults(given: Specimen, expected: list[Fault]) -> None:
    assert list(faults(given, CATALOGUE, TUBES, TABLE, at=AT)) == expected


CHEMISTRY = specimen("HEPARIN", "POTASSIUM", "SODIUM", "AST", "ALBUMIN")


@pytest.mark.parametrize(
    ("reason", "named", "lost", "recollect", "hl7"),
    [
        pytest.param("HEMOLYZED", (), ("POTASSIUM", "AST"), ("POTASSIUM", "AST"), "RH", id="P5-hemolysis-spoils-the-sensitive"),
        pytest.param(
            "HEMOLYZED", ("SODIUM",), ("POTASSIUM", "SODIUM", "AST"), ("POTASSIUM", "SODIUM", "AST"), "RH", id="P5-and-those-named"
        ),
        pytest.param("CLOTTED", (), CHEMISTRY.tests, CHEMISTRY.tests, "RC", id="P5-a-clot-spoils-all"),
        pytest.param("QNS", ("ALBUMIN",), ("ALBUMIN",), ("ALBUMIN",), "QS", id="P5-too-little-for-one"),
        pytest.param("WRONG_CONTAINER", (), CHEMISTRY.tests, CHEMISTRY.tests, None, id="P6-no-code-in-table-0490"),
        pytest.param("DUPLICATE", (), CHEMISTRY.tests, (), None, id="P6-a-duplicate-is-not-drawn-again"),
        pytest.param("NO_ORDER", (), CHEMISTRY.tests, (), None, id="P6-nor-what-nobody-ordered"),
    ],
)
def test_rejection(reason: str, named: tuple[str, ...], lost: tuple[str, ...], recollect: tuple[str, ...], hl7: str | None) -> None:
    plan, refusals = plan_rejection(reason, CHEMISTRY, CATALOGUE, TABLE, named=named)
    assert refusals == ()
    assert plan is not None
    assert (plan.lost, plan.recollect, plan.hl7, plan.tell_orderer) == (lost, recollect, hl7, True)
    assert sorted((*plan.lost, *plan.kept)) == sorted(CHEMISTRY.tests)


@pytest.mark.parametrize(
    ("reason", "named", "expected"),
    [
        pytest.param("BAD_LUCK", (), "reception.rejection.reason-unknown", id="P6-uncoded"),
        pytest.param("QNS", (), "reception.rejection.no-tests", id="P6-nothing-spoilt"),
        pytest.param("QNS", ("CBC",), "reception.rejection.other-tests", id="P6-foreign-test"),
    ],
)
def test_rejection_refused(reason: str, named: tuple[str, ...], expected: str) -> None:
    plan, refusals = plan_rejection(reason, CHEMISTRY, CATALOGUE, TABLE, named=named)
    assert plan is None
    assert codes(refusals) == [expected]


@pytest.mark.parametrize(
    ("reason", "tests", "by", "expected"),
    [
        pytest.param("HEMOLYZED", ("POTASSIUM",), "orderer", [], id="P7-the-orderer-may-accept-hemolysis"),
        pytest.param("HEMOLYZED", ("POTASSIUM",), "collector", ["reception.recovery.other-way"], id="P7-nobody-else"),
        pytest.param("CLOTTED", ("POTASSIUM",), "orderer", ["reception.recovery.never"], id="P7-a-clot-never"),
        pytest.param("NO_COLLECTOR", ("POTASSIUM",), "collector", [], id="P7-the-collector-completes"),
        pytest.param("NO_COLLECTOR", ("TYPESCREEN",), "collector", ["reception.recovery.never"], id="P7-never-for-the-blood-bank"),
        pytest.param("MISLABELED", ("TYPESCREEN",), "identifier-form", ["reception.recovery.never"], id="P7-blood-bank-label"),
    ],
)
def test_recovery(reason: str, tests: tuple[str, ...], by: str, expected: list[str]) -> None:
    assert codes(recovery_refusals(reason, specimen("EDTA", *tests), CATALOGUE, TABLE, by=by)) == expected  # type: ignore[arg-type]  # literals above


SPUN = specimen("SERUM_GEL", "TSH", "FERRITIN", "IRON", minutes_ago=60, spun_at=AT - 5 * MINUTE, volume_ml=Decimal("0.8"))


def test_P8_aliquots_carry_the_parents_label_and_enough_material() -> None:
    aliquots, refusals = plan_aliquots(SPUN, [(("TSH", "FERRITIN"), "immunology"), (("IRON",), "chemistry")], CATALOGUE, already=1)
    assert refusals == ()
    assert [(aliquot.label, aliquot.volume_ml, aliquot.destination) for aliquot in aliquots] == [
        ("26-000123A2", Decimal("0.5"), "immunology"),
        ("26-000123A3", Decimal("0.3"), "chemistry"),
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(replace(SPUN, volume_ml=Decimal("0.79")), ["reception.aliquot.too-little"], id="P8-a-hair-too-little"),
        pytest.param(replace(SPUN, volume_ml=None), ["reception.aliquot.volume-unknown"], id="P8-volume-unknown"),
        pytest.param(replace(SPUN, spun_at=None), ["reception.aliquot.not-spun"], id="P8-not-spun"),
    ],
)
def test_aliquots_refused(given: Specimen, expected: list[str]) -> None:
    aliquots, refusals = plan_aliquots(given, [(("TSH", "FERRITIN"), "a"), (("IRON",), "b")], CATALOGUE)
    assert aliquots == ()
    assert codes(refusals) == expected


def test_P8_at_most_twenty_aliquots() -> None:
    assert codes(plan_aliquots(replace(SPUN, volume_ml=Decimal(100)), [(("IRON",), "x")] * 21, CATALOGUE)[1]) == [
        "reception.aliquot.too-many"
    ]


@pytest.mark.parametrize(
    ("status", "scanned", "known", "expected"),
    [
        pytest.param("collected", "A1", True, [], id="P9-collected"),
        pytest.param("received", "A1", True, ["reception.specimen.received-already"], id="P9-twice"),
        pytest.param("planned", "A1", True, ["reception.specimen.not-collected"], id="P9-never-scanned-at-the-bedside"),
        pytest.param("collected", "A2", True, ["reception.specimen.other"], id="P9-other-label"),
        pytest.param("collected", "ZZ", False, ["reception.specimen.unknown"], id="P9-unknown"),
    ],
)
def test_receive(status: str, scanned: str, known: bool, expected: list[str]) -> None:
    assert codes(receive_refusals(status, scanned, "A1", known=known)) == expected


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_rejection_has_a_name(language: str) -> None:
    assert all(reception_names(language).values())
    assert len(reception_names(language)) == len(TABLE.rejections)


def test_P4_one_hundred_and_ten_percent_is_not_overfilled() -> None:
    assert faults(specimen("CITRATE", "PT", fill_pct=Decimal(110)), CATALOGUE, TUBES, TABLE, at=AT) == ()


def test_P8_twenty_aliquots_are_allowed() -> None:
    aliquots, refusals = plan_aliquots(replace(SPUN, volume_ml=Decimal(100)), [(("IRON",), "x")] * 15, CATALOGUE, already=5)
    assert (len(aliquots), refusals) == (15, ())
