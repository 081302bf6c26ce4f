"""What a label says, before anyone has decided how large it is or on what it is printed.

Source: CLSI AUTO12-A for what a specimen label must say (patient name, patient identifier, birth date, collection date
and time, collector); CLSI AUTO02 for its barcode (accession and container suffix, no patient data); Joint Commission
NPSG.01.01.01 for two patient identifiers on every label.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from benchside.terms.refusal import Refusal

IDENTIFIER_CHARACTERS_MAX = 40
NAME_CHARACTERS_MAX = 300
TEXTS_MAX = 40
"""At most so many test codes or handling words on one label."""

PRIORITIES = ("routine", "urgent", "asap", "stat", "timed")
"""Request priorities of FHIR, and `timed`."""

_BIRTH_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_RECORD_NUMBER_CODES = ("labels.record-number-missing", "labels.record-number-not-printable")
_ACCESSION_CODES = ("labels.accession-missing", "labels.accession-not-printable")
_VISIT_NUMBER_CODES = ("labels.visit-number-missing", "labels.visit-number-not-printable")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Format characters that Persian, Arabic and Indic spelling needs; every other one is made visible."""


class LabelRefused(Exception):
    """The label cannot be printed as asked and nothing was sent; every reason is in `refusals`."""

    def __init__(self, refusals: tuple[Refusal, ...]) -> None:
        """Take every reason; at least one."""
        if not refusals:
            raise ValueError("A label is refused for at least one reason; give every refusal.")
        super().__init__(", ".join(refusal.code for refusal in refusals))
        self.refusals = refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """A name as a label shows it: `family` and `given`, or `text` when the parts are not known."""

    family: str = ""
    given: tuple[str, ...] = ()
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that ink would show."""
        return not any(map(_is_visible, "".join((self.family, *self.given, self.text))))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecimenLabel:
    """The label of one container.

    `barcode` is what the scanner reads: accession and container suffix, never patient data. `collected` (aware) and
    `collector` may be None when they are written by hand: the label then has lines to write on.
    `birth_date` is a FHIR date (`1984`, `1984-03`, `1984-03-05`).
    """

    patient_name: PersonName
    birth_date: str
    record_number: str
    accession: str
    barcode: str
    collected: datetime | None = None
    collector: str | None = None
    tests: tuple[str, ...] = ()
    tube: str | None = None
    priority: str = "routine"
    container_number: int = 1
    container_count: int = 1
    sex: str | None = None
    location: str | None = None
    specimen_source: str | None = None
    handling: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WristbandLabel:
    """The label of a patient's wristband. `barcode` is what identifies the patient to a scanner (the record number)."""

    patient_name: PersonName
    birth_date: str
    record_number: str
    barcode: str
    sex: str | None = None
    facility: str | None = None
    visit_number: str | None = None
    alerts: tuple[str, ...] = ()


Label = SpecimenLabel | WristbandLabel


def printable_text(text: str) -> str:
    """Return `text` as it can be set on one line.

    White space of any kind becomes one space; control, direction-changing and other invisible characters, which could
    command a device or make a name read as another, become U+FFFD so that a person sees that something was there.
    """
    characters: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        if character.isspace():
            characters.append(" ")
        elif category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and character not in _JOINERS:
            characters.append(_REPLACEMENT)
        else:
            characters.append(character)
    return " ".join("".join(characters).split())


def _is_visible(character: str) -> bool:
    """Whether a character leaves ink of its own: not white space, not a joiner, not a mark on another."""
    return not character.isspace() and unicodedata.category(character) not in ("Mn", "Mc", "Me", "Cf")


def is_identifier(text: str) -> bool:
    """Whether `text` can be printed as an identifier: visible, unpadded, at most `IDENTIFIER_CHARACTERS_MAX` long."""
    return 0 < len(text) <= IDENTIFIER_CHARACTERS_MAX and text.isprintable() and printable_text(text) == text


def is_barcode_content(text: str) -> bool:
    """Whether `text` can stand in our barcodes: an identifier of visible ASCII characters and inner spaces."""
    return is_identifier(text) and all(" " <= character <= "~" for character in text)


def reasons_not_to_print(label: Label) -> tuple[Refusal, ...]:
    """List every reason why `label` may not be printed, whatever its size; empty means none."""
    return tuple(_reasons(label))


def _reasons(label: Label) -> Iterator[Refusal]:
    name = label.patient_name
    if name.is_empty:
        yield Refusal("labels.patient-name-missing")
    if len(name.family) + len(name.text) + sum(map(len, name.given)) > NAME_CHARACTERS_MAX:
        yield Refusal("labels.patient-name-too-long", {"characters_max": NAME_CHARACTERS_MAX})
    if not _BIRTH_DATE.fullmatch(label.birth_date):
        yield Refusal("labels.birth-date-invalid", {"birth_date": printable_text(label.birth_date)})
    yield from _identifier_reasons(_RECORD_NUMBER_CODES, label.record_number)
    if not is_barcode_content(label.barcode):
        yield Refusal("labels.barcode-not-printable", {"barcode": printable_text(label.barcode)[:80]})
    if isinstance(label, SpecimenLabel):
        yield from _identifier_reasons(_ACCESSION_CODES, label.accession)
        yield from _specimen_reasons(label)
    elif label.visit_number is not None:
        yield from _identifier_reasons(_VISIT_NUMBER_CODES, label.visit_number)


def _identifier_reasons(codes: tuple[str, str], identifier: str) -> Iterator[Refusal]:
    missing, not_printable = codes
    if not identifier:
        yield Refusal(missing)
    elif not is_identifier(identifier):
        yield Refusal(not_printable, {"identifier": printable_text(identifier)[:80]})


def _specimen_reasons(label: SpecimenLabel) -> Iterator[Refusal]:
    if label.priority not in PRIORITIES:
        yield Refusal("labels.priority-unknown", {"priority": printable_text(label.priority)[:80]})
    if not 1 <= label.container_number <= label.container_count <= 99:
        yield Refusal(
            "labels.container-number-invalid",
            {"container_number": label.container_number, "container_count": label.container_count},
        )
    if label.collected is not None and label.collected.tzinfo is None:
        yield Refusal("labels.collected-without-time-zone")
    if max(len(label.tests), len(label.handling)) > TEXTS_MAX:
        yield Refusal("labels.too-many-words", {"words_max": TEXTS_MAX})
