"""The texts a layout may place: what each field of a label reads, in the language and time zone of the site."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo

from benchside.wire.labels.content import Label, PersonName, SpecimenLabel, WristbandLabel, printable_text
from benchside.wire.labels.request import FIRST_PRINT, PrintRequest
from benchside.wire.labels.words import words_of

TO_WRITE_BY_HAND = "____-__-__ __:__"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintContext:
    """What a site adds to a label: its time zone (an IANA zone or UTC) and the language of the fixed words."""

    zone: tzinfo
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Fields:
    """The texts of one label. A field that has nothing to print is absent; `lists` are cut between their parts."""

    name: PersonName
    barcode: str
    texts: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]

    def has(self, field: str) -> bool:
        """Whether `field` has something to print."""
        return field == "patient_name" or field in self.texts or field in self.lists


def fields_of(label: Label, context: PrintContext, request: PrintRequest = FIRST_PRINT) -> Fields:
    """Return every field of `label` that has something to print."""
    words = words_of(context.language)
    texts: dict[str, str | None] = {
        "record_number": f"{words['record_number']} {label.record_number}",
        "birth_date_and_sex": " ".join(_present(words["birth_date"], label.birth_date, _sex(label.sex, words))),
        "copy": f"{words['copy']} {request.copy_number}" if request.is_reprint else None,
    }
    lists: dict[str, tuple[str, ...]]
    if isinstance(label, SpecimenLabel):
        texts |= _specimen_texts(label, context, words)
        lists = {"tests": label.tests, "handling": label.handling}
    else:
        texts["facility_and_visit"] = _facility_and_visit(label, words)
        lists = {"alerts": label.alerts}
    clean_texts = {field: printable_text(text) for field, text in texts.items() if text}
    clean_lists = {field: _present(*map(printable_text, parts)) for field, parts in lists.items()}
    return Fields(
        label.patient_name,
        label.barcode,
        {field: text for field, text in clean_texts.items() if text},
        {field: parts for field, parts in clean_lists.items() if parts},
    )


def _specimen_texts(label: SpecimenLabel, context: PrintContext, words: Mapping[str, str]) -> dict[str, str | None]:
    collected = TO_WRITE_BY_HAND
    if label.collected is not None:
        collected = f"{label.collected.astimezone(context.zone):%Y-%m-%d %H:%M}"
    return {
        "accession": label.accession,
        "priority": None if label.priority == "routine" else words[f"priority.{label.priority}"],
        "container": f"{label.container_number} {words['of']} {label.container_count}",
        "tube": label.tube,
        "collected": f"{words['collected']} {collected} {words['collector']} {label.collector or '________'}",
        "location_or_source": label.specimen_source or label.location,
    }


def _facility_and_visit(label: WristbandLabel, words: Mapping[str, str]) -> str:
    visit = f"{words['visit_number']} {label.visit_number}" if label.visit_number else None
    return " / ".join(_present(label.facility, visit))


def _sex(sex: str | None, words: Mapping[str, str]) -> str | None:
    return words.get(f"sex.{sex}") if sex else None


def _present(*parts: str | None) -> tuple[str, ...]:
    return tuple(part for part in parts if part)
