"""What became of a form: done with an answer, or refused with every reason in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from benchside.pages.shapes import Form, Reason
from benchside.readiness.explanation import names
from benchside.readiness.requirements import Requirements
from benchside.terms.refusal import Refusal
from benchside.terms.refusal_words import LANGUAGES, text_of

T = TypeVar("T")

SECOND_COMER: Final = frozenset(
    {
        "work.not-open",
        "work.claimed",
        "request.key-reused",
        "order.done",
        "collection.label.used",
        "reception.specimen.received-already",
        "results.verify.state",
    }
)
"""Refusals that mean somebody was faster; the answer is 409."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """`answer` of the act when it was done; else `form` to draw again, `reasons`, and the `status` to answer with (422 or 409)."""

    form: Form
    answer: T | None = None
    reasons: tuple[Reason, ...] = ()
    status: int = 200

    @property
    def refused(self) -> bool:
        """Whether nothing was done."""
        return self.status != 200


def reader_language() -> str:
    """Return the reader's language where the words of refusals and requirements have it, else English."""
    language = (translation.get_language() or "en").partition("-")[0]
    return language if language in LANGUAGES else "en"


def reasons_of(refusals: Sequence[Refusal], requirements: Requirements) -> tuple[Reason, ...]:
    """Write refusals in the reader's language, times in the site's zone."""
    language = reader_language()
    known = names(requirements, language)
    written: list[Reason] = []
    for refusal in refusals:
        text = text_of(refusal, language, zone=timezone.get_current_timezone(), names=known)
        written.append(Reason(code=refusal.code, words=text.words, remedy=text.remedy, overridable=refusal.overridable))
    return tuple(written)


def changed_meanwhile() -> Reason:
    """Say that somebody else was faster than this form."""
    return Reason(
        code="record.changed",
        words=_("Somebody changed this while you had it open. Nothing of yours was written."),
        remedy=_("Look at how it stands now, then decide again."),
    )


def status_of(refusals: Sequence[Refusal]) -> int:
    """Return 409 when somebody was faster, else 422."""
    return 409 if any(refusal.code in SECOND_COMER for refusal in refusals) else 422
