"""The whole table of who may do what, in words: one row an act, one column a role, and the act's conditions beside it."""

from collections.abc import Mapping
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
    known = names(requirements, language)
    phrases = {name: texts[language] for name, texts in _phrases().items()}
    found: list[str] = []
    if act.competence:
        found.append(phrases["competence"].format(what=_listed(act.competence, "competence", known)))
    ways = dict.fromkeys(item for competences in act.competence_by.values() for item in competences)
    if ways:
        found.append(phrases["competence_by"].format(what=_listed(tuple(ways), "competence", known)))
    if act.competence_of_subject:
        found.append(phrases["competence_of_subject"])
    if (act.competence or ways) and act.untrained == "supervised" and act.supervision is not None:
        found.append(phrases["untrained"])
    if act.supervision is not None:
        mode = "present" if act.supervision.mode == "present" else "cosign"
        found.append(phrases[mode].format(by=_listed(act.supervision.by, "role", known), minutes=act.supervision.cosign_within_min or 0))
    if act.identification is not None:
        found.append(phrases["identification"].format(number=act.identification.identifiers_min, minutes=act.identification.valid_min))
    if act.order == "active":
        found.append(phrases["order"])
    if act.consent != "none":
        found.append(phrases["consent"].format(form=known[f"consent:{act.consent}"]))
    if act.precautions:
        found.append(phrases["precautions"])
    if act.equipment:
        found.append(phrases["equipment"].format(what=_listed(act.equipment, "equipment", known)))
    if act.lots:
        found.append(phrases["lots"].format(what=_listed(act.lots, "lot", known)))
    if act.not_after_self:
        found.append(phrases["not_after_self"].format(what=_listed(act.not_after_self, "act", known)))
    found.extend(phrases[flag] for flag in ("not_self_subject", "reason", "signature") if getattr(act, flag))
    if act.override is not None:
        found.append(phrases["override"].format(by=_listed(act.override.by, "role", known), hours=act.override.review_within_h))
    return tuple(found)


def matrix(requirements: Requirements, language: str = "en") -> Matrix:
    """Build the readable table of all acts and roles in `language`."""
    phrases = {name: texts[language] for name, texts in _phrases().items()}
    rows: list[Row] = []
    for name, act in requirements.acts.items():
        permissions = {role: act.roles.get(role, "none") for role in requirements.roles}
        rows.append(Row(
            act=name,
            words=act.text(language),
            kind=act.kind,
            kind_words=phrases[f"kind_{act.kind}"],
            cells=tuple(Cell(role, permission, phrases[f"cell_{permission}"]) for role, permission in permissions.items()),
            conditions=conditions(act, requirements, language),
            source=act.source,
        ))
    return Matrix(tuple((role, term.text(language)) for role, term in requirements.roles.items()), tuple(rows))
