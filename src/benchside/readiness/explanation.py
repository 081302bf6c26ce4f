"""Why can't I? The gate's answer in words: every reason, what to do about each, and who could do it instead."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import cache

from benchside.readiness.engine import assess
from benchside.readiness.facts import Facts, Performer
from benchside.readiness.requirements import Requirements, Term
from benchside.terms.package_data import package_table
from benchside.terms.refusal import Refusal
from benchside.terms.refusal_words import RefusalText, text_of

COLLEAGUES_MAX = 200


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer a person can read. `others` are references of colleagues who could do it now as things stand."""

    act: str
    permitted: bool
    reasons: tuple[tuple[Refusal, RefusalText], ...]
    others: tuple[str, ...]
    override_roles: tuple[str, ...]
    override_clears_all: bool


@cache
def _fact_names() -> dict[str, Term]:
    return package_table("benchside.readiness", "names.yaml", dict[str, Term])


_of_areas: list[Callable[[str], Mapping[str, str]]] = []


def add_names(of_area: Callable[[str], Mapping[str, str]]) -> None:
    """Let the coded facts of an area have names in refusals; called once, when the area's application is ready."""
    if of_area not in _of_areas:
        _of_areas.append(of_area)


def names(requirements: Requirements, language: str) -> dict[str, str]:
    """Return what the coded facts in refusals are called in `language`, for `text_of`."""
    known = {code: term.text(language) for code, term in _fact_names().items()}
    for of_area in _of_areas:
        known |= of_area(language)
    return {**known, **requirements.names(language)}


def explain(
    act_name: str,
    facts: Facts,
    requirements: Requirements,
    at: datetime,
    *,
    language: str = "en",
    zone: tzinfo = UTC,
    colleagues: Sequence[Performer] = (),
    further: Sequence[Refusal] = (),
) -> Explanation:
    """Answer "why can't I?" for the performer in `facts` and this act, and say who else could.

    A colleague counts when nothing stands against them in the same situation, without supervisor or signature being
    asked again (they would sign themselves). Raises UnknownAct and RefusalWordsMissing.
    """
    act = requirements.act(act_name)
    refusals = assess(act_name, facts, requirements, at, further=further)
    known = names(requirements, language)
    others: list[str] = []
    if refusals:
        for colleague in colleagues[:COLLEAGUES_MAX]:
            if colleague.reference == facts.performer.reference:
                continue
            theirs = replace(facts, performer=colleague, supervisor=None, signed_at=at if act.signature else facts.signed_at)
            if not assess(act_name, theirs, requirements, at, further=further):
                others.append(colleague.reference)
    return Explanation(
        act=act.text(language),
        permitted=not refusals,
        reasons=tuple((refusal, text_of(refusal, language, zone=zone, names=known)) for refusal in refusals),
        others=tuple(others),
        override_roles=tuple(requirements.roles[role].text(language) for role in act.override.by) if act.override and refusals else (),
        override_clears_all=bool(refusals) and all(refusal.overridable for refusal in refusals),
    )
