"""The whole table of who may do what, in words: one row an act, one column a role, and the act's conditions beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from benchside.readiness.explanation import names
from benchside.readiness.requirements import Act, Requirements
from benchside.terms.package_data import package_table


@dataclass(frozen=True, slots=True)
class Cell:
    """One role and one act. `permission` is `alone`, `supervised` or `none`; `words` say it to a person, never empty."""

    role: str
    permission: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One act: its cells in the order of `Matrix.roles`, its conditions as sentences, and where the rule comes from."""

    act: str
    words: str
    kind: str
    kind_words: str
    cells: tuple[Cell, ...]
    conditions: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """The table: `roles` are (code, words) pairs in column order."""

    roles: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]


@cache
def _phrases() -> Mapping[str, dict[str, str]]:
    return package_table("benchside.readiness", "matrix_words.yaml", dict[str, dict[str, str]])


def _listed(codes: tuple[str, ...], prefix: str, known: Mapping[str, str]) -> str:
    return ", ".join(known[f"{prefix}:{code}"] for code in codes)


def conditions(act: Act, requirements: Requirements, language: str) -> tuple[str, ...]:
    """Say in sentences what an act asks besides the role, in the order the gate asks it."""
    phrases = {name: texts[language] for name, texts in _phrases().items()}
    known = names(requirements, language)
    return (*_of_the_person(act, phrases, known), *_of_the_work(act, phrases, known))


def _of_the_person(act: Act, phrases: Mapping[str, str], known: Mapping[str, str]) -> Iterator[str]:
    ways = tuple(dict.fromkeys(item for competences in act.competence_by.values() for item in competences))
    if act.competence:
        yield phrases["competence"].format(what=_listed(act.competence, "competence", known))
    if ways:
        yield phrases["competence_by"].format(what=_listed(ways, "competence", known))
    if act.competence_of_subject:
        yield phrases["competence_of_subject"]
    if act.supervision is not None:
        if (act.competence or ways) and act.untrained == "supervised":
            yield phrases["untrained"]
        minutes = act.supervision.cosign_within_min or 0
        yield phrases[act.supervision.mode].format(by=_listed(act.supervision.by, "role", known), minutes=minutes)


def _of_the_work(act: Act, phrases: Mapping[str, str], known: Mapping[str, str]) -> Iterator[str]:
    if act.identification is not None:
        yield phrases["identification"].format(number=act.identification.identifiers_min, minutes=act.identification.valid_min)
    if act.order == "active":
        yield phrases["order"]
    if act.consent != "none":
        yield phrases["consent"].format(form=known[f"consent:{act.consent}"])
    if act.precautions:
        yield phrases["precautions"]
    for phrase, codes, prefix in (
        ("equipment", act.equipment, "equipment"),
        ("lots", act.lots, "lot"),
        ("not_after_self", act.not_after_self, "act"),
    ):
        if codes:
            yield phrases[phrase].format(what=_listed(codes, prefix, known))
    yield from (phrases[flag] for flag in ("not_self_subject", "reason", "signature") if getattr(act, flag))
    if act.override is not None:
        yield phrases["override"].format(by=_listed(act.override.by, "role", known), hours=act.override.review_within_h)


def matrix(requirements: Requirements, language: str = "en") -> Matrix:
    """Build the readable table of all acts and roles in `language`."""
    phrases = {name: texts[language] for name, texts in _phrases().items()}
    rows: list[Row] = []
    for name, act in requirements.acts.items():
        permissions = {role: act.roles.get(role, "none") for role in requirements.roles}
        rows.append(
            Row(
                act=name,
                words=act.text(language),
                kind=act.kind,
                kind_words=phrases[f"kind_{act.kind}"],
                cells=tuple(Cell(role, permission, phrases[f"cell_{permission}"]) for role, permission in permissions.items()),
                conditions=conditions(act, requirements, language),
                source=act.source,
            )
        )
    return Matrix(tuple((role, term.text(language)) for role, term in requirements.roles.items()), tuple(rows))
