"""What somebody asked to print: the first print of a label, or a reprint with its number and reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from benchside.terms.refusal import Refusal

COPY_NUMBER_MAX = 99
REASON_TEXT_CHARACTERS_MAX = 200

REPRINT_REASONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "damaged": {"en": "The label was damaged", "es": "La etiqueta se dañó"},
        "unreadable": {"en": "The barcode or text cannot be read", "es": "El código o el texto no se lee"},
        "not-printed": {"en": "The printer did not print it", "es": "La impresora no la imprimió"},
        "lost": {"en": "The label was lost", "es": "La etiqueta se perdió"},
        "corrected": {"en": "The patient's data was corrected", "es": "Se corrigieron los datos del paciente"},
        "other": {"en": "Another reason, in words", "es": "Otro motivo, con palabras"},
    }
)
"""Why a label is printed again: code -> language -> words. `other` needs words of the person's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRequest:
    """One print of one label: `copy_number` 1 is the first; every later one keeps the accession and says why."""

    copy_number: int = 1
    reason: str | None = None
    reason_text: str = ""

    @property
    def is_reprint(self) -> bool:
        """Whether the label was printed before."""
        return self.copy_number > 1


FIRST_PRINT = PrintRequest()


def reasons_not_to_print_again(request: PrintRequest) -> tuple[Refusal, ...]:
    """List every reason against `request`: a reprint gives a coded reason, `other` in words; a first print gives none.

    Source: new print keeps the accession, adds the copy number and is recorded with its reason (CLSI AUTO12 practice).
    """
    refusals: list[Refusal] = []
    if not 1 <= request.copy_number <= COPY_NUMBER_MAX:
        refusals.append(Refusal("labels.copy-number-invalid", {"copies_max": COPY_NUMBER_MAX}))
    if request.is_reprint and request.reason not in REPRINT_REASONS:
        refusals.append(Refusal("labels.reprint-reason-missing"))
    if request.is_reprint and request.reason == "other" and not request.reason_text.strip():
        refusals.append(Refusal("labels.reprint-reason-in-words-missing"))
    if len(request.reason_text) > REASON_TEXT_CHARACTERS_MAX:
        refusals.append(Refusal("labels.reprint-reason-too-long", {"characters_max": REASON_TEXT_CHARACTERS_MAX}))
    if not request.is_reprint and request.reason is not None:
        refusals.append(Refusal("labels.first-print-with-reason"))
    return tuple(refusals)
