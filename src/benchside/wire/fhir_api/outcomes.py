"""From an error to an Answer with an OperationOutcome: the one table that maps meanings to HTTP.

Source: https://hl7.org/fhir/R4/http.html#Status-Codes
"""

import logging
import traceback
from collections.abc import Callable
from uuid import uuid4

import msgspec

from benchside.fhir import Fault, Invalid, operation_outcome, r4, write
from benchside.fhir.search.query import InvalidSearch
from benchside.fhir.terminology import TerminologyError, UnknownValueSetError
from benchside.record import DanglingReferences, Gone, MultipleMatches, NotFound, RecordRefusal, Referenced, VersionConflict
from benchside.record.clauses import NotSearchable
from benchside.record.in_memory import TooManyToRead
from benchside.wire.fhir_api.call import Answer, etag
from benchside.wire.fhir_api.gate.refused import WriteRefused
from benchside.wire.fhir_api.problems import Problem

logger = logging.getLogger(__name__)

REPORTED_FAULTS_MAX = 100

Reader = Callable[[Exception], tuple[Fault, ...]]


def _listed(error: Exception) -> tuple[Fault, ...]:
    """The faults that the error carries itself."""
    faults: tuple[Fault, ...] = getattr(error, "faults", ())
    return faults


def _said(code: str) -> Reader:
    """The error's own words as one fault of kind `code`."""

    def read(error: Exception) -> tuple[Fault, ...]:
        return (Fault(path="", code=code, message=str(error)),)

    return read


def _coded(error: Exception) -> tuple[Fault, ...]:
    """The error's own words under the issue code that its class names."""
    return (Fault(path="", code=str(getattr(error, "code", "processing")), message=f"{error}."),)


def _conflict(error: Exception) -> tuple[Fault, ...]:
    """What a version conflict means to a client, which may have named a version of what does not exist."""
    if isinstance(error, VersionConflict) and error.found is None:
        message = f"{error.type}/{error.id} is not in the record, so it has no version {error.expected} to change."
        return (Fault(path="", code="conflict", message=message),)
    if isinstance(error, VersionConflict) and error.expected is None:
        message = f"{error.type}/{error.id} exists already, at version {error.found}."
        return (Fault(path="", code="conflict", message=message),)
    return _said("conflict")(error)


ANSWERED: dict[type[Exception], tuple[int, Reader]] = {
    Invalid: (400, _listed),
    InvalidSearch: (400, _listed),
    NotFound: (404, _said("not-found")),
    Gone: (410, _said("deleted")),
    Referenced: (409, _said("conflict")),
    VersionConflict: (412, _conflict),
    MultipleMatches: (412, _said("multiple-matches")),
    DanglingReferences: (422, _listed),
    NotSearchable: (400, _said("not-supported")),
    TooManyToRead: (422, _said("too-costly")),
    UnknownValueSetError: (404, _coded),
    TerminologyError: (422, _coded),
    RecordRefusal: (422, _said("business-rule")),
}


def outcome_bytes(faults: tuple[Fault, ...]) -> bytes:
    """The OperationOutcome that lists `faults`, shortened to a number a person can read."""
    shown = faults[:REPORTED_FAULTS_MAX]
    if len(faults) > len(shown):
        more = f"{len(faults) - len(shown)} more faults are not listed; mend these first."
        shown += (Fault(path="", code="informational", message=more),)
    return write(operation_outcome(shown))


def outcome(status: int, faults: tuple[Fault, ...], headers: dict[str, str] | None = None) -> Answer:
    """An answer that is an OperationOutcome."""
    return Answer(status, outcome_bytes(faults), "OperationOutcome", headers=headers or {}, presented=True)


def answer_for(error: Exception) -> Answer:
    """The answer to any error: what was foreseen in its own words, the rest as an incident.

    An incident is logged without the error's message, which may hold patient data: only its class and the lines of code.
    """
    if isinstance(error, WriteRefused):
        return Answer(error.answer_status, error.content, "OperationOutcome", presented=True)
    if isinstance(error, Problem):
        return outcome(error.status, error.faults, dict(error.headers))
    for kind in type(error).__mro__:
        row = ANSWERED.get(kind)
        if row is not None:
            answer = outcome(row[0], row[1](error))
            if isinstance(error, Gone):
                answer.headers["ETag"] = etag(error.version)
            return answer
    return _incident(error)


def _incident(error: Exception) -> Answer:
    incident = uuid4().hex[:12]
    lines = "; ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)[-12:])
    logger.error("incident %s: %s at %s", incident, type(error).__qualname__, lines)
    words = f"Something went wrong on our side; nothing was written. Tell your administrator incident {incident}."
    return outcome(500, (Fault(path="", code="exception", message=words),))


def information_bytes(words: str) -> bytes:
    """An OperationOutcome that tells of a success."""
    return _said_bytes("information", "informational", (words,))


def warning_bytes(code: str, words: tuple[str, ...]) -> bytes:
    """An OperationOutcome that warns: the request was answered, but not all of it."""
    return _said_bytes("warning", code, words)


def _said_bytes(severity: str, code: str, words: tuple[str, ...]) -> bytes:
    issues = [{"severity": severity, "code": code, "details": {"text": text}, "diagnostics": text} for text in words]
    return msgspec.json.encode({"resourceType": "OperationOutcome", "issue": issues})


def mixed_bytes(faults: tuple[Fault, ...], notes: tuple[str, ...]) -> bytes:
    """An OperationOutcome of errors and, after them, of what is only worth knowing."""
    listed = operation_outcome(faults)
    issues = [*listed.issue, *(r4.OperationOutcomeIssue(severity="information", code="informational", diagnostics=note) for note in notes)]
    return write(r4.OperationOutcome(issue=issues))
