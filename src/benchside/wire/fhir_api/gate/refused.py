"""A refused write as an OperationOutcome: every reason with its words, what to do about it, and its code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

import msgspec

from benchside.areas.laboratory.names import laboratory_names
from benchside.readiness.explanation import names
from benchside.readiness.gathering.kept import REFUSAL
from benchside.readiness.requirements import Requirements
from benchside.record.audit import ACTS
from benchside.terms.refusal import Refusal
from benchside.terms.refusal_words import RefusalText, text_of
from benchside.wire.fhir_api.problems import Problem

OF_THE_CALLER = ("person.", "credential.", "competence.", "supervision.", "role.", "second-person.", "signature.")
"""Reasons that lie in who asks: somebody else, or the same person at another time, may."""


@dataclass(frozen=True, slots=True)
class Against:
    """The reasons against one write: the act it amounts to, and where it stands in what was sent."""

    act: str
    refusals: tuple[Refusal, ...]
    paths: tuple[str, ...]


class WriteRefused(Problem):
    """The gate refuses; nothing was written. 403 when a reason lies in who asks, else 422."""

    def __init__(self, against: tuple[Against, ...], zone: tzinfo, requirements: Requirements, language: str) -> None:
        super().__init__()
        self.against = against
        who = any(refusal.code.startswith(OF_THE_CALLER) for one in against for refusal in one.refusals)
        self.answer_status = 403 if who else 422
        self.content = msgspec.json.encode({"resourceType": "OperationOutcome", "issue": _issues(against, zone, requirements, language)})


def _issues(against: Sequence[Against], zone: tzinfo, requirements: Requirements, language: str) -> list[dict[str, object]]:
    """One issue a reason; the same reason against several writes is told once, with all their places."""
    places: dict[tuple[str, Refusal], list[str]] = {}
    for one in against:
        for refusal in one.refusals:
            places.setdefault((one.act, refusal), []).extend(one.paths)
    known = {**laboratory_names(language), **names(requirements, language)}
    return [
        _issue("error", act, refusal, paths, text_of(refusal, language, zone=zone, names=known)) for (act, refusal), paths in places.items()
    ]


def _issue(severity: str, act: str, refusal: Refusal, paths: Sequence[str], text: RefusalText) -> dict[str, object]:
    issue: dict[str, object] = {
        "severity": severity,
        "code": "forbidden" if refusal.code.startswith(OF_THE_CALLER) else "business-rule",
        "details": {
            "coding": [{"system": REFUSAL, "code": refusal.code}, *([{"system": ACTS, "code": act}] if act else [])],
            "text": text.words,
        },
        "diagnostics": f"{text.words} {text.remedy}",
    }
    if paths:
        issue["expression"] = list(dict.fromkeys(paths))
    return issue


def warnings(notes: Sequence[Refusal], zone: tzinfo, language: str) -> bytes:
    """An OperationOutcome of what the sender of a write that was done should know."""
    known = laboratory_names(language)
    issues = [_issue("warning", "", note, (), text_of(note, language, zone=zone, names=known)) for note in notes]
    return msgspec.json.encode({"resourceType": "OperationOutcome", "issue": issues})
