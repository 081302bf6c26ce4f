"""Which tubes to draw, how few, how full and in which order.

The tubes of all open orders of one venipuncture are consolidated to the fewest that serve every test; among the fewest,
to the least blood; then to the tubes the laboratory prefers. Solved exactly, not by rule of thumb: rules D1 to D9,
docs/clinical/order-of-draw.md. Volumes in mL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from benchside.areas.laboratory.catalogue import Catalogue
from benchside.areas.laboratory.tubes import Tube, TubeTable
from benchside.areas.laboratory.words import LaboratoryTest
from benchside.terms.refusal import Refusal

TESTS_MAX = 80
STATES_MAX = 200_000
VENOUS_WAYS = frozenset({"venipuncture", "blood_culture"})

Equipment = Literal["needle", "winged", "syringe"]


class TooManyTests(ValueError):
    """More tests than one draw can be planned for; split the orders over two draws."""


class NoTubeFits(ValueError):
    """A test needs more than the largest tube it may be drawn into; correct the catalogue or the tubes."""


@dataclass(frozen=True, slots=True)
class PlannedTube:
    """One tube to draw. `volume_ml` is the tube's size, `need_ml` what its tests need, `number` of `of` its place."""

    tube: str
    tests: tuple[str, ...]
    volume_ml: Decimal
    need_ml: Decimal
    inversions: tuple[int, int]
    handling: tuple[str, ...]
    group: str = ""
    bottle: str | None = None
    number: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class DrawPlan:
    """The tubes of one draw in order, and the blood they take, discard included."""

    tubes: tuple[PlannedTube, ...]
    blood_ml: Decimal
    capillary: bool = False


# A class of tubes that may share tests: tube, group (ice, unopened ...), and whether the tests are measured in whole blood.
_Class = tuple[str, str, str]
# One open tube while solving: class, largest usual volume, largest smallest volume, number of tests, sum of smallest volumes.
_Open = tuple[_Class, Decimal, Decimal, int, Decimal]
_State = tuple[_Open, ...]


def need_ml(tube: Tube, processing: str, usual: Decimal, smallest: Decimal, count: int, total_smallest: Decimal) -> Decimal:
    """D2: the blood (or urine) volume that the tests of one tube need together; see tubes.yaml `need`."""
    more = tube.each_more_ml * (count - 1)
    if tube.need == "full":
        return max(usual, smallest + more)
    if processing == "spun" and tube.blood:
        factor = tube.factor if tube.need == "spun" else Decimal(2)
        return factor * max(usual, smallest + (more or Decimal("0.05") * (count - 1)))
    return max(usual, total_smallest)


def _classes(test: LaboratoryTest, allowed: Mapping[str, str]) -> tuple[_Class, ...]:
    return tuple((allowed[tube], test.definition.group, test.definition.processing) for tube in test.facts.tubes if tube in allowed)


def _open(state: _Open, usual: Decimal, smallest: Decimal) -> _Open:
    return (state[0], max(state[1], usual), max(state[2], smallest), state[3] + 1, state[4] + smallest)


def _fits(opened: _Open, tubes: Mapping[str, Tube]) -> Decimal | None:
    tube = tubes[opened[0][0]]
    return tube.smallest_size(need_ml(tube, opened[0][2], *opened[1:]))


def _volume(state: _State, tubes: Mapping[str, Tube]) -> Decimal:
    return sum((_fits(opened, tubes) or Decimal(0) for opened in state), Decimal(0))


@dataclass(frozen=True, slots=True)
class _Item:
    code: str
    classes: tuple[_Class, ...]
    usual: Decimal
    smallest: Decimal


def _solve(items: Sequence[_Item], tubes: Mapping[str, Tube]) -> tuple[tuple[_Class, tuple[str, ...]], ...]:
    """Assign every test to a tube: fewest tubes, then least blood, then preferred tubes. Exact.

    Dynamic programming over the tests: two partial assignments with the same open tubes are the same problem from there
    on, so only the better is kept. A first, greedy pass bounds the number of tubes.
    """
    bound = _greedy_bound(items, tubes)
    states: dict[_State, tuple[int, tuple[tuple[int, str], ...]]] = {(): (0, ())}
    for item in items:
        following: dict[_State, tuple[int, tuple[tuple[int, str], ...]]] = {}
        for state, (cost, history) in states.items():
            for rank, tube_class in enumerate(item.classes):
                for place in [index for index, opened in enumerate(state) if opened[0] == tube_class] + [len(state)]:
                    if place == len(state) and place >= bound:
                        continue
                    opened = _open(
                        state[place] if place < len(state) else (tube_class, Decimal(0), Decimal(0), 0, Decimal(0)),
                        item.usual,
                        item.smallest,
                    )
                    if _fits(opened, tubes) is None:
                        continue
                    new = (*state[:place], opened, *state[place + 1 :])
                    known = following.get(new)
                    if known is None or cost + rank < known[0]:
                        following[new] = (cost + rank, (*history, (place, item.code)))
        if not following:
            raise NoTubeFits(f"{item.code} fits no tube of {sorted({tube_class[0] for tube_class in item.classes})}.")
        if len(following) > STATES_MAX:
            raise TooManyTests("The orders are too many for one draw; split them over two.")
        states = following
    best = min(states, key=lambda state: (len(state), _volume(state, tubes), states[state][0]))
    filled: list[list[str]] = [[] for _ in best]
    for place, code in states[best][1]:
        filled[place].append(code)
    return tuple((opened[0], tuple(codes)) for opened, codes in zip(best, filled, strict=True))


def _greedy_bound(items: Sequence[_Item], tubes: Mapping[str, Tube]) -> int:
    state: list[_Open] = []
    for item in items:
        for place, opened in enumerate(state):
            candidate = _open(opened, item.usual, item.smallest)
            if opened[0] in item.classes and _fits(candidate, tubes) is not None:
                state[place] = candidate
                break
        else:
            first = _open((item.classes[0], Decimal(0), Decimal(0), 0, Decimal(0)), item.usual, item.smallest)
            state.append(first)
    return len(state)


def blood_culture_bottles(table: TubeTable, weight_kg: Decimal | None, equipment: Equipment) -> tuple[tuple[str, Decimal], ...]:
    """D5: the bottles of one set with the mL of each; adults (or no weight) two of up to 10 mL, children by weight.

    Winged set: aerobic first. Syringe: anaerobic first. Source: facts order_of_draw.yaml.
    """
    total = table.blood_culture_ml[-1].total[1]
    for row in table.blood_culture_ml:
        low, high = row.kg
        if weight_kg is not None and weight_kg >= low and (high is None or weight_kg < high):
            total = row.total[1]
    largest = table.tubes["BLOOD_CULTURE"].volumes_ml[-1]
    if total <= largest:
        return (("aerobic", total),)
    names = ("anaerobic", "aerobic") if equipment == "syringe" else ("aerobic", "anaerobic")
    return tuple((name, total / 2) for name in names)


def _place(table: TubeTable, planned: PlannedTube, *, capillary: bool) -> tuple[int, int, str]:
    tube = table.tubes[planned.tube]
    return (tube.capillary or 3, 0, planned.tube) if capillary else (tube.position, tube.within, planned.tube)


def _handling(catalogue: Catalogue, codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for code in codes for item in catalogue.tests[code].definition.handling))


def plan_draw(
    orders: Sequence[str],
    catalogue: Catalogue,
    table: TubeTable,
    *,
    equipment: Equipment = "needle",
    weight_kg: Decimal | None = None,
    smallest: bool = False,
    micro: bool = False,
    blood_culture_sets: int = 1,
) -> DrawPlan:
    """Plan the tubes for these orders (tests or panels): the fewest, in order, with volumes, inversions and handling.

    `smallest` plans with the smallest useful volumes instead of the usual ones (children, small veins); `micro` with the
    capillary micro tubes. Raises NotInCatalogue, TooManyTests, NoTubeFits.
    """
    codes = catalogue.tests_of(orders)
    if len(codes) > TESTS_MAX:
        raise TooManyTests(f"At most {TESTS_MAX} tests in one draw.")
    cultures = [code for code in codes if catalogue.tests[code].definition.way == "blood_culture"]
    allowed = {code: (tube.micro or code) if micro else code for code, tube in table.tubes.items()}
    items = [
        _Item(code, _classes(test, allowed), Decimal(0) if smallest or micro else test.facts.usual_ml, test.facts.smallest_ml)
        for code in codes
        if code not in cultures
        for test in (catalogue.tests[code],)
    ]
    items.sort(key=lambda item: (len(item.classes), item.classes, item.code))
    planned = [
        _planned(catalogue, table, tube_class, served, smallest=smallest or micro) for tube_class, served in _solve(items, table.tubes)
    ]
    for code in cultures:
        planned += [
            PlannedTube(
                "BLOOD_CULTURE", (code,), ml, ml, table.tubes["BLOOD_CULTURE"].inversions, _handling(catalogue, (code,)), bottle=bottle
            )
            for _ in range(blood_culture_sets)
            for bottle, ml in blood_culture_bottles(table, weight_kg, equipment)
        ]
    planned.sort(key=lambda tube: _place(table, tube, capillary=micro))  # D3; stable, so the bottles of a set keep their order
    if equipment == "winged" and planned and planned[0].tube == "CITRATE":  # D4: the tubing's air would underfill it.
        discard = table.tubes["DISCARD"]
        planned.insert(0, PlannedTube("DISCARD", (), discard.volumes_ml[0], discard.volumes_ml[0], discard.inversions, ()))
    tubes = tuple(replace(tube, number=number, of=len(planned)) for number, tube in enumerate(planned, 1))
    blood = sum((tube.volume_ml for tube in tubes if table.tubes[tube.tube].blood), Decimal(0))
    return DrawPlan(tubes, blood, capillary=micro)


def _planned(catalogue: Catalogue, table: TubeTable, tube_class: _Class, served: tuple[str, ...], *, smallest: bool) -> PlannedTube:
    name, group, processing = tube_class
    tube, tests = table.tubes[name], [catalogue.tests[code].facts for code in served]
    usual = Decimal(0) if smallest else max(test.usual_ml for test in tests)
    needed = need_ml(
        tube, processing, usual, max(test.smallest_ml for test in tests), len(tests), sum((test.smallest_ml for test in tests), Decimal(0))
    )
    size = tube.smallest_size(needed)
    if size is None:
        raise NoTubeFits(f"{', '.join(served)}: no {name} tube holds {needed} mL.")
    return PlannedTube(name, served, size, needed, tube.inversions, _handling(catalogue, served), group)


def plan_collections(
    orders: Sequence[str], catalogue: Catalogue, table: TubeTable, *, equipment: Equipment = "needle", weight_kg: Decimal | None = None
) -> Mapping[str, DrawPlan]:
    """D1: plan all collections of these orders, one plan a way (`venipuncture`, `arterial`, `urine`, `capillary`)."""
    ways: dict[str, list[str]] = {}
    for code in catalogue.tests_of(orders):
        way = catalogue.tests[code].definition.way
        ways.setdefault("venipuncture" if way in VENOUS_WAYS else way, []).append(code)
    return {way: plan_draw(codes, catalogue, table, equipment=equipment, weight_kg=weight_kg) for way, codes in ways.items()}


def order_refusals(drawn: Sequence[str], table: TubeTable, *, capillary: bool = False) -> tuple[Refusal, ...]:
    """D6: what is wrong with the order in which these tubes were drawn, with the effect on the results.

    Each tube that should have come before an earlier one is named once for each kind of tube it followed. The act
    decides whether it warns or refuses; the gate lets it be overridden.
    """
    refusals: dict[tuple[str, str], Refusal] = {}
    for place, later in enumerate(drawn):
        for earlier in drawn[:place]:
            first, second = table.tubes[earlier], table.tubes[later]
            if capillary:
                wrong = (first.capillary or 3) > (second.capillary or 3)
            else:
                wrong = (first.position, first.within) > (second.position, second.within)
            if wrong and (earlier, later) not in refusals:
                known = any(entry.source_tube == earlier and later in entry.into for entry in table.carry_over)
                effect = f"carry-over:{earlier}" if known else "carry-over:additive"
                refusals[earlier, later] = Refusal(
                    "collection.order-of-draw.broken", {"earlier": f"tube:{earlier}", "later": f"tube:{later}", "effect": effect}
                )
    return tuple(refusals.values())
