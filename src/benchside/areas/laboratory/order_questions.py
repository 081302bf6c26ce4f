"""What is asked when something is ordered, and whether the answers will do. Rules O8, O9 of docs/main_job.md; pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Literal

import msgspec

from benchside.areas.laboratory.words import Term
from benchside.terms.package_data import package_table
from benchside.terms.refusal import Refusal

ANSWER_LENGTH_MAX = 200
YES_NO: Mapping[str, Term] = {"yes": Term("Yes", "Sí"), "no": Term("No", "No")}


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question (questions.yaml). `tests` require it when it is required; `also` are tests where it may stay open."""

    kind: Literal["yes-no", "choice", "date", "date-time", "number", "text"]
    tests: tuple[str, ...]
    en: str
    es: str
    source: str
    basis: Literal["S", "K"]
    required: bool = False
    also: tuple[str, ...] = ()
    options: dict[str, Term] = {}
    unit: str = ""
    least: Decimal | None = None
    most: Decimal | None = None
    hint: Term | None = None

    def text(self, language: str) -> str:
        """The question in `language`; English for a language without one."""
        return self.es if language == "es" else self.en

    def choices(self) -> Mapping[str, Term]:
        """The answers to choose from; none where it is typed."""
        return YES_NO if self.kind == "yes-no" else self.options

    def answer_text(self, answer: str, language: str) -> str:
        """An answer in words."""
        if term := self.choices().get(answer):
            return term.text(language)
        return f"{answer} {self.unit}".strip()


@cache
def package_questions() -> Mapping[str, Question]:
    """Return the questions that ship with the product, by code."""
    return package_table("benchside.areas.laboratory", "questions.yaml", dict[str, Question])


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that these orders raise, and whether it must be answered."""

    code: str
    question: Question
    required: bool


def questions_for(codes: Collection[str], parts: Collection[str] = ()) -> tuple[Asked, ...]:
    """The questions that ordering `codes` raises, in the order of the table; `parts` are the tests of ordered panels."""
    wanted = {*codes, *parts}
    return tuple(
        Asked(code, question, question.required and bool(wanted & set(question.tests)))
        for code, question in package_questions().items()
        if wanted & {*question.tests, *question.also}
    )


def answer_refusals(asked: Collection[Asked], answers: Mapping[str, str]) -> tuple[Refusal, ...]:
    """O8: what must be answered is; O9: an answer is one of the choices, a date, a time or a number within its limits."""
    refusals: list[Refusal] = []
    for one in asked:
        about, answer = {"question": f"question:{one.code}"}, answers.get(one.code, "").strip()
        if not answer:
            refusals.extend([Refusal("order.answer-missing", about)] if one.required else [])
        elif not _fits(one.question, answer):
            refusals.append(Refusal("order.answer-wrong", {**about, "entered": answer[:40]}))
    return tuple(refusals)


def _fits(question: Question, answer: str) -> bool:
    if question.choices():
        return answer in question.choices()
    try:
        match question.kind:
            case "date":
                date.fromisoformat(answer)
            case "date-time":
                datetime.fromisoformat(answer)
            case "number":
                value = Decimal(answer)
                return value.is_finite() and (question.least or 0) <= value <= (question.most if question.most is not None else value)
            case _:
                return len(answer) <= ANSWER_LENGTH_MAX
    except (ValueError, InvalidOperation):
        return False
    return True


def question_names(language: str) -> Mapping[str, str]:
    """What the questions are called, for the words of refusals."""
    return {f"question:{code}": question.text(language) for code, question in package_questions().items()}
