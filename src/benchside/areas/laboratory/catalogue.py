"""What can be ordered and what comes back: tests, panels and their results; search by a few letters.

The catalogue is package data (tests.yaml made from the facts, definitions.yaml, ranges.yaml); a site's catalogue is the
same shape with its values laid over. Rules K1 to K4, docs/clinical/catalogue.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from benchside.areas.laboratory.words import (
    Analyte,
    ComponentDefinition,
    Definition,
    DefinitionsTable,
    LaboratoryTest,
    Panel,
    PanelDefinition,
    RangesTable,
    Term,
    TestFacts,
)
from benchside.terms.folding import fold
from benchside.terms.package_data import package_table

QUERY_LENGTH_MAX = 60
RESULTS_MAX = 50

_PACKAGE = "benchside.areas.laboratory"


class NotInCatalogue(LookupError):
    """There is no such test, panel or component in the catalogue; choose one from the search."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that can be ordered or resulted, by code."""

    tests: Mapping[str, LaboratoryTest]
    panels: Mapping[str, Panel]
    analytes: Mapping[str, Analyte]
    handling: Mapping[str, Term]

    def tests_of(self, orders: Iterable[str]) -> tuple[str, ...]:
        """Return the tests to collect for these orders (tests or panels), each once, in the order of first mention.

        Raises NotInCatalogue.
        """
        found: dict[str, None] = {}
        for code in orders:
            if code in self.panels:
                found.update(dict.fromkeys(self.panels[code].tests))
            elif code in self.tests:
                found[code] = None
            else:
                raise NotInCatalogue(f"{code} is not in the catalogue.")
        return tuple(found)

    def results_of(self, code: str) -> tuple[str, ...]:
        """Return the analytes that ordering `code` gives, in report order. Raises NotInCatalogue."""
        if code in self.panels:
            return self.panels[code].results
        if code in self.tests:
            return (code,)
        raise NotInCatalogue(f"{code} is not in the catalogue.")

    def analyte(self, code: str) -> Analyte:
        """Return what gets one result. Raises NotInCatalogue."""
        try:
            return self.analytes[code]
        except KeyError:
            raise NotInCatalogue(f"{code} has no result of its own.") from None


def _analyte_of_test(code: str, facts: TestFacts, definition: Definition, ranges: RangesTable) -> Analyte:
    return Analyte(
        code=code,
        loinc=facts.loinc,
        name=Term(facts.name, definition.es),
        kind=definition.value,
        unit=facts.unit,
        decimals=definition.decimals,
        plausible=definition.plausible,
        molar_mass=definition.molar_mass,
        delta=definition.delta,
        answers=(),
        normal=(),
        formula=None,
        ranges=ranges.ranges.get(code, ()),
    )


def _analyte_of_component(code: str, component: ComponentDefinition, ranges: RangesTable) -> Analyte:
    return Analyte(
        code=code,
        loinc=component.loinc,
        name=Term(component.name, component.es),
        kind=component.value,
        unit=component.unit,
        decimals=component.decimals,
        plausible=component.plausible,
        molar_mass=None,
        delta=component.delta,
        answers=component.answers,
        normal=component.normal,
        formula=component.formula,
        ranges=ranges.ranges.get(code, ()),
    )


def build_catalogue(
    facts: Mapping[str, TestFacts],
    definitions: DefinitionsTable,
    ranges: RangesTable,
    handling: Mapping[str, Term],
) -> Catalogue:
    """Join the tables into a catalogue. Raises ValueError that names every missing or dangling entry."""
    faults = [f"{code}: no definition" for code in facts if code not in definitions.tests]
    faults += [f"{code}: no facts" for code in definitions.tests if code not in facts]
    faults += [
        f"{code}: unknown handling {item}" for code, entry in definitions.tests.items() for item in entry.handling if item not in handling
    ]
    faults += [f"{code}: in two tables" for code in definitions.components if code in facts]
    faults += [
        f"{code}: unknown source {entry.source}"
        for code, entries in ranges.ranges.items()
        for entry in entries
        if entry.source not in ranges.sources
    ]
    known = set(facts) | set(definitions.components)
    faults += [f"{code}: ranges for nothing" for code in ranges.ranges if code not in known]
    for code, panel in definitions.panels.items():
        faults += [f"{code}: unknown part {part}" for part in (*panel.of, *panel.extra, *panel.calculated) if part not in known]
        faults += [f"{code}: is no test of the facts"] if panel.test and code not in facts else []
    faults += [
        f"{code}: a panel test without parts" for code, entry in definitions.tests.items() if entry.panel and code not in definitions.panels
    ]
    if faults:
        raise ValueError("The catalogue does not hang together: " + "; ".join(faults))
    analytes = {
        code: _analyte_of_test(code, facts[code], definition, ranges)
        for code, definition in definitions.tests.items()
        if not definition.panel
    }
    analytes |= {code: _analyte_of_component(code, component, ranges) for code, component in definitions.components.items()}
    tests = {
        code: LaboratoryTest(code, Term(entry.name, definitions.tests[code].es), entry, definitions.tests[code])
        for code, entry in facts.items()
    }
    panels = {code: _panel(code, panel) for code, panel in definitions.panels.items()}
    return Catalogue(tests, panels, analytes, handling)


# Panels whose components come from a tube of a test that is not itself a result: what must be collected for them.
_CARRIERS: Mapping[str, tuple[str, ...]] = {"CBCDIFF": ("CBC", "DIFF")}


def _panel(code: str, panel: PanelDefinition) -> Panel:
    if panel.test:
        tests: tuple[str, ...] = (code,)  # one tube, as the facts have it
    else:
        tests = _CARRIERS.get(code, panel.of)
    return Panel(code, Term(panel.name, panel.es), panel, tests, (*panel.of, *panel.extra, *panel.calculated))


@cache
def package_catalogue() -> Catalogue:
    """Return the catalogue that ships with the product."""
    return build_catalogue(
        package_table(_PACKAGE, "tests.yaml", dict[str, TestFacts]),
        package_table(_PACKAGE, "definitions.yaml", DefinitionsTable),
        package_table(_PACKAGE, "ranges.yaml", RangesTable),
        {
            code: Term(entry["en"], entry["es"])
            for code, entry in package_table(_PACKAGE, "handling.yaml", dict[str, dict[str, str]]).items()
        },
    )


def loinc_check_digit_holds(code: str) -> bool:
    """Whether a LOINC code's last digit fits its number (Luhn, as in the LOINC Users' Guide): catches slips, not inventions."""
    number, dash, digit = code.partition("-")
    if not (dash and number.isdigit() and digit.isdigit() and len(digit) == 1):
        return False
    total = 0
    for place, character in enumerate(reversed(number)):
        value = int(character) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return (10 - total % 10) % 10 == int(digit)


@dataclass(frozen=True, slots=True)
class Hit:
    """A line of the search: what it is, what to call it, and how well it fits (smaller is better)."""

    code: str
    type: Literal["test", "panel"]
    name: str
    score: int


def _prefix_distance(word: str, target: str, limit: int) -> int | None:
    """Edit distance (optimal string alignment: swapped neighbours count once) of `word` to the nearest beginning of `target`.

    None when it is above `limit`.
    """
    target = target[: len(word) + limit]
    before: list[int] = []
    row = list(range(len(target) + 1))
    for i, left in enumerate(word, 1):
        last, row_before = row, before
        row = [i]
        for j, right in enumerate(target, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (left != right))
            if i > 1 and j > 1 and left == target[j - 2] and word[i - 2] == right:
                cost = min(cost, row_before[j - 2] + 1)
            row.append(cost)
        before = last
        if min(row) > limit:
            return None
    return min(row) if min(row) <= limit else None


def _slip_score(word: str, target: str) -> int | None:
    limit = 0 if len(word) < 4 else 1 if len(word) < 7 else 2
    distance = _prefix_distance(word, target, limit) if limit else None
    return None if distance is None else 60 + 10 * distance


def _word_score(word: str, names: tuple[str, ...], synonyms: tuple[str, ...], code: str, *, slips: bool) -> int | None:
    """K3: how well one typed word fits: code, name, word of the name, synonym; with `slips` also nearly."""
    scores: list[int] = []
    if code.startswith(word):
        scores.append(0 if code == word else 12)
    for rank, texts in ((0, names), (20, synonyms)):
        for text in texts:
            if text == word:
                scores.append(rank + 2)
            elif text.startswith(word):
                scores.append(rank + 10)
            parts = text.replace("-", " ").split()
            scores.extend(rank + 14 for part in parts if part.startswith(word))
            if slips:
                scores.extend(slip + rank for part in parts if (slip := _slip_score(word, part)) is not None)
    return min(scores, default=None)


def search(catalogue: Catalogue, query: str, *, language: str = "en", limit: int = 10) -> tuple[Hit, ...]:
    """Find tests and panels by a few letters: code, names in both languages, synonyms; slips are forgiven when nothing fits.

    Every word typed must fit. The whole query is tried first, so that `free t4` finds free T4. At most `limit` hits
    (1 to `RESULTS_MAX`), best first, ties by name. A query longer than `QUERY_LENGTH_MAX` is cut.
    """
    words = fold(query[:QUERY_LENGTH_MAX]).split()
    if not words:
        return ()
    hits = _hits(catalogue, words, language, slips=False) or _hits(catalogue, words, language, slips=True)
    return tuple(sorted(hits, key=lambda hit: (hit.score, fold(hit.name), hit.code))[: max(1, min(limit, RESULTS_MAX))])


def _hits(catalogue: Catalogue, words: list[str], language: str, *, slips: bool) -> list[Hit]:
    entries: list[tuple[str, Literal["test", "panel"], Term, tuple[str, ...]]] = [
        (panel.code, "panel", panel.name, panel.definition.synonyms) for panel in catalogue.panels.values() if not panel.definition.test
    ]
    entries.extend((test.code, "test", test.name, test.definition.synonyms) for test in catalogue.tests.values())
    hits: list[Hit] = []
    for code, kind, name, synonyms in entries:
        names = tuple(dict.fromkeys((fold(name.en), fold(name.es))))
        folded = tuple(fold(synonym) for synonym in synonyms)
        whole = _word_score(" ".join(words), names, folded, fold(code), slips=slips)
        each = [_word_score(word, names, folded, fold(code), slips=slips) for word in words]
        best = [] if whole is None else [whole]
        if len(words) > 1 and all(score is not None for score in each):
            best.append(max(score for score in each if score is not None) + 4)
        if best:
            hits.append(Hit(code, kind, name.text(language), min(best)))
    return hits
