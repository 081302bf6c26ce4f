"""What is wrong with a document, as data, and as an OperationOutcome."""

from collections.abc import Iterable
from dataclasses import dataclass

from benchside.fhir import r4

FAULTS_SHOWN_MAX = 1_000
"""An OperationOutcome lists no more faults than this; the last one then says how many are left out."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong, where it is, and what to do about it."""

    path: str
    """FHIRPath of the element, such as `Observation.component[1].valueQuantity.value`."""
    code: str
    """FHIR issue type: `structure`, `value`, `required`, `code-invalid`, `invariant`, `invalid`, `not-found` ..."""
    message: str
    """For a person: what is wrong and what would be right."""
    key: str | None = None
    """Key of the invariant that is broken, such as `obs-6`."""

    def __str__(self) -> str:
        """Join place, words and key in one line."""
        return f"{self.path}: {self.message}" + (f" ({self.key})" if self.key else "")


class Invalid(ValueError):
    """The document breaks rules of FHIR R4. `faults` lists every one; correct them and send it again."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Take the faults, at least one."""
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in self.faults[:5]))


def operation_outcome(faults: Iterable[Fault]) -> r4.OperationOutcome:
    """Tell the faults as an OperationOutcome: one issue each, severity error, `expression` the path, the key among the details."""
    listed = list(faults)
    issues = [_issue(fault) for fault in listed[:FAULTS_SHOWN_MAX]]
    if len(listed) > FAULTS_SHOWN_MAX:
        words = f"{len(listed) - FAULTS_SHOWN_MAX} more faults are not listed."
        issues.append(r4.OperationOutcomeIssue(severity="error", code="too-long", diagnostics=words))
    return r4.OperationOutcome(issue=issues)


def _issue(fault: Fault) -> r4.OperationOutcomeIssue:
    details = None
    if fault.key:
        details = r4.CodeableConcept(coding=[r4.Coding(system="http://hl7.org/fhir/validation-rule", code=fault.key)], text=fault.message)
    return r4.OperationOutcomeIssue(
        severity="error",
        code=fault.code,  # type: ignore[arg-type]  # The codes used here are all issue types; tested.
        details=details,
        diagnostics=fault.message,
        expression=[fault.path] if fault.path else None,
    )
