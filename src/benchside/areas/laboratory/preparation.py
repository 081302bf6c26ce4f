"""What the patient does beforehand: instructions in the patient's language that travel with the order and go on paper. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import msgspec

from benchside.areas.laboratory.catalogue import Catalogue
from benchside.areas.laboratory.collection import FASTING_HOURS_DEFAULT
from benchside.areas.laboratory.words import Term
from benchside.terms.package_data import package_table


class Instruction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of preparation.yaml."""

    title: Term
    lines: tuple[Term, ...]
    source: str
    tests: tuple[str, ...] = ()
    for_way: tuple[str, ...] = ()
    when: dict[str, tuple[str, ...]] = {}


@cache
def package_preparation() -> Mapping[str, Instruction]:
    """Return the instructions that ship with the product, by code."""
    return package_table("benchside.areas.laboratory", "preparation.yaml", dict[str, Instruction])


@dataclass(frozen=True, slots=True)
class Prepared:
    """An instruction in one language, its hours filled in."""

    code: str
    title: str
    lines: tuple[str, ...]


def preparation_for(codes: Sequence[str], answers: Mapping[str, str], catalogue: Catalogue, language: str) -> tuple[Prepared, ...]:
    """The instructions for these orders and answers, each once, in the order of the table, in `language` (English for others)."""
    tests = {test for code in codes if code in catalogue.panels or code in catalogue.tests for test in catalogue.tests_of([code])}
    ways = {catalogue.tests[test].definition.way for test in tests if catalogue.tests[test].definition.kind != "point_of_care"}
    wanted = {*codes, *tests}
    low, high = fasting_hours(tests, catalogue)
    return tuple(
        Prepared(code, entry.title.text(language), tuple(line.text(language).format(low=low, high=high) for line in entry.lines))
        for code, entry in package_preparation().items()
        if (wanted & set(entry.tests) or ways & set(entry.for_way))
        and all(answers.get(question, "") in fitting for question, fitting in entry.when.items())
    )


def fasting_hours(tests: Sequence[str] | set[str], catalogue: Catalogue) -> tuple[int, int]:
    """Hours without food that serve all of these tests: the longest beginning, the shortest end."""
    hours = [found for test in tests if test in catalogue.tests and (found := catalogue.tests[test].definition.fasting_h)]
    hours = hours or [FASTING_HOURS_DEFAULT]
    return max(low for low, _ in hours), min(high for _, high in hours)


def instruction_text(prepared: Sequence[Prepared]) -> str:
    """The instructions as one text, for ServiceRequest.patientInstruction."""
    return "\n".join(f"{one.title}: {' '.join(one.lines)}" for one in prepared)
