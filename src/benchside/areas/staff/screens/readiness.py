"""What the gate asks, readable: the whole table of acts and roles, one act with its source, and "why can't I?"."""

from dataclasses import dataclass
from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from benchside.areas.staff.screens.answers import Answer, answer_why
from benchside.areas.staff.screens.colleagues import colleague_options, performer_named
from benchside.pages.shapes import Option
from benchside.readiness.matrix import Matrix, Row, matrix
from benchside.readiness.requirements import Act, Requirements, package_requirements
from benchside.readiness.staff import role_code
from benchside.terms.folding import fold
from benchside.workplace import Desk, screen
from benchside.workplace.outcomes import reader_language
from benchside.workplace.places import SENIOR

QUERY_CHARACTERS_MAX: Final = 60
SYSTEMS: Final = frozenset({"system", "migration"})
"""Columns of programs; shown when they are asked for."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of the table is asked for: `role` and `kind` by code, `text` as typed, and whether programs have columns."""

    role: str
    kind: str
    text: str
    systems: bool


@screen("matrix", methods=("GET",))
def show_matrix(desk: Desk) -> HttpResponse:
    """Show every act and who may do it: `?role=` only what that role may, `?kind=`, `?q=` words, `?systems=yes` programs too."""
    asked = desk.request.GET
    whole = matrix(desk.requirements, reader_language())
    roles = {code for code, _words in whole.roles}
    kinds = {row.kind: row.kind_words for row in whole.rows}
    shown = Shown(
        role=asked.get("role", "") if asked.get("role") in roles else "",
        kind=asked.get("kind", "") if asked.get("kind") in kinds else "",
        text=asked.get("q", "").strip()[:QUERY_CHARACTERS_MAX],
        systems=asked.get("systems") == "yes",
    )
    columns = tuple(number for number, (code, _words) in enumerate(whole.roles) if shown.systems or code not in SYSTEMS)
    own = role_code(desk.performer, desk.requirements)
    values = {
        "page": desk.page(_("Readiness")),
        "whole": whole,
        "rows": tuple(row for row in whole.rows if _fits(row, shown)),
        "columns": columns,
        "shown": shown,
        "form": desk.form(
            "matrix",
            values={"role": shown.role, "kind": shown.kind, "q": shown.text, "systems": "yes" if shown.systems else ""},
            prefix="filter",
        ),
        "own": own if own in roles else "",
        "role_options": tuple(Option(value=code, text=_sentence(words)) for code, words in whole.roles),
        "kind_options": tuple(Option(value=code, text=_sentence(words)) for code, words in sorted(kinds.items(), key=lambda kind: kind[1])),
        "changed": _changed_acts(desk.requirements),
    }
    return render(desk.request, "staff/matrix.html", values)


@screen("matrix", methods=("GET",))
def show_act(desk: Desk, act: str) -> HttpResponse:
    """Show what one act asks, of whom, and where the rule comes from; beside it the package's, where the site changed it."""
    if act not in desk.requirements.acts:
        raise Http404("There is no such act.")
    now, package = _row(desk.requirements, act), _row(package_requirements(), act)
    whole = matrix(desk.requirements, reader_language())
    values = {
        "page": desk.page(_sentence(now.words)),
        "row": now,
        "roles": tuple((words, cell) for (_code, words), cell in zip(whole.roles, now.cells, strict=True) if cell.permission != "none"),
        "package": package if now != package else None,
        "why": answer_why(desk, act, desk.performer, patient_id=None),
    }
    return render(desk.request, "staff/act.html", values)


@screen("matrix", methods=("GET",))
def show_why(desk: Desk) -> HttpResponse:
    """Answer "why can't I?": `?act=`, with `?patient=` their precautions too; a senior or lead may ask for a colleague (`?person=`)."""
    asked = desk.request.GET
    names = {name: act.text(reader_language()) for name, act in desk.requirements.acts.items()}
    act = asked.get("act", "")
    patient_id = asked.get("patient", "")
    patient = desk.patient(patient_id) if patient_id else None
    people = colleague_options(desk) if set(desk.principal.roles) & set(SENIOR) else ()
    person = asked.get("person", "") if asked.get("person") in {option.value for option in people} else desk.principal.author
    answer: Answer | None = None
    if act in names:
        performer = desk.performer if person == desk.principal.author else performer_named(desk, person)
        answer = answer_why(desk, act, performer, patient_id=patient_id or None)
    values = {
        "page": desk.page(_("Why can't I?")),
        "patient": patient,
        "answer": answer,
        "form": desk.form("why", values={"act": act, "person": person}, prefix="why"),
        "acts": tuple(
            Option(value=name, text=_sentence(words))
            for name, words in sorted(names.items(), key=lambda item: fold(item[1]))
            if act_is_of_people(desk.requirements.acts[name])
        ),
        "people": people,
        "unknown": bool(act) and act not in names,
    }
    return render(desk.request, "staff/why.html", values)


def act_is_of_people(act: Act) -> bool:
    """Say whether anybody but programs may do this act."""
    return bool(set(act.roles) - SYSTEMS)


def _row(requirements: Requirements, act: str) -> Row:
    table: Matrix = matrix(requirements, reader_language())
    return next(row for row in table.rows if row.act == act)


def _changed_acts(requirements: Requirements) -> frozenset[str]:
    """Name the acts whose requirements this site has changed."""
    package = package_requirements().acts
    return frozenset(name for name, act in requirements.acts.items() if package.get(name) != act)


def _fits(row: Row, shown: Shown) -> bool:
    if shown.kind and row.kind != shown.kind:
        return False
    if shown.role and not any(cell.role == shown.role and cell.permission != "none" for cell in row.cells):
        return False
    if not shown.systems and all(cell.permission == "none" or cell.role in SYSTEMS for cell in row.cells):
        return False
    return not shown.text or fold(shown.text) in fold(f"{row.words} {row.act}")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
