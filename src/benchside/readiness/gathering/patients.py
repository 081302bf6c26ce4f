"""Patients as screens find them and as the gate asks about them: views of Patient, AllergyIntolerance and Flag."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Literal

from benchside.fhir import r4
from benchside.readiness.gathering.kept import (
    ALERT,
    ARM,
    IDENTIFIER_TYPE,
    PRECAUTION,
    RECORD_NUMBER,
    code_of,
    end_us,
    ends,
    id_of,
    load,
    start_us,
    version_of,
    whole_date,
    words_of,
)
from benchside.readiness.gathering.view_rows import zoned_view
from benchside.readiness.staff import display_name
from benchside.record import Record
from benchside.record.keys import microseconds
from benchside.record.views import View, ViewRow
from benchside.terms.folding import fold

ALERTS_MAX = 200
WORDS_MAX = 20
"""At most so many name words of one patient are looked for."""

_NOT_LETTERS = re.compile(r"[^\w]+", re.UNICODE)
Sex = Literal["female", "male"]


def name_words(text: str) -> list[str]:
    """The words of a name as they are compared: folded, split at anything that is no letter or digit, each once."""
    return list(dict.fromkeys(word for word in _NOT_LETTERS.split(fold(text)) if word))[:WORDS_MAX]


def trigrams(word: str) -> list[str]:
    """The overlapping threes of a word, its beginning and end marked: `ana` gives ` an`, `ana`, `na `."""
    padded = f" {word} "
    return list(dict.fromkeys(padded[at : at + 3] for at in range(len(padded) - 2)))


def record_number_of(patient: r4.Patient) -> str:
    """The medical record number: of this site's system, or typed MR; "" when there is none."""
    for identifier in patient.identifier or ():
        if identifier.value and (identifier.system == RECORD_NUMBER or code_of(identifier.type, IDENTIFIER_TYPE) == "MR"):
            return identifier.value
    return ""


def phone_of(patient: r4.Patient) -> str:
    """The first telephone number as it was written; "" when there is none."""
    return next((point.value for point in patient.telecom or () if point.value and point.system in ("phone", "sms", None)), "")


def _family_given(patient: r4.Patient) -> tuple[str, str]:
    names = [name for name in patient.name or () if name.use not in ("old", "maiden", "nickname", "anonymous")] or list(patient.name or ())
    name = next((one for one in names if one.use in ("usual", "official")), names[0] if names else None)
    return ("", "") if name is None else (name.family or "", " ".join(part for part in name.given or () if part))


def _deceased(patient: r4.Patient) -> bool:
    return patient.deceasedDateTime is not None or patient.deceasedBoolean is True


def _patient_rows(patient: r4.Patient, _zone: tzinfo) -> Iterator[ViewRow]:
    family, given = _family_given(patient)
    number, phone = record_number_of(patient), phone_of(patient)
    spoken = next((words_of(one.language) for one in patient.communication or () if one.preferred), "")
    replaced = next((id_of(link.other, "Patient") for link in patient.link or () if link.type == "replaced-by"), "")
    yield (
        patient.id or "",
        version_of(patient),
        int(patient.active is not False and not replaced),
        int(_deceased(patient)),
        family,
        given,
        display_name(patient.name),
        fold(f"{family} {given}"),
        patient.birthDate or "",
        patient.gender or "",
        number,
        fold(number),
        phone,
        _digits(phone)[::-1],
        spoken,
        replaced,
    )


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit() and character.isascii())


def _all_words(patient: r4.Patient) -> list[str]:
    text = " ".join(" ".join(filter(None, [*(name.given or ()), name.family, name.text])) for name in patient.name or ())
    return name_words(text)


def _word_rows(patient: r4.Patient, _zone: tzinfo) -> Iterator[ViewRow]:
    if patient.active is not False:
        yield from ((word,) for word in _all_words(patient))


def _trigram_rows(patient: r4.Patient, _zone: tzinfo) -> Iterator[ViewRow]:
    if patient.active is not False:
        yield from ((three, word) for word in _all_words(patient) for three in trigrams(word))


def _alert_rows(resource: Any, zone: tzinfo) -> Iterator[ViewRow]:
    if isinstance(resource, r4.AllergyIntolerance):
        ended = any(
            coding.code in ("inactive", "resolved") for coding in (resource.clinicalStatus.coding or () if resource.clinicalStatus else ())
        )
        wrong = any(
            coding.code in ("entered-in-error", "refuted")
            for coding in (resource.verificationStatus.coding or () if resource.verificationStatus else ())
        )
        code = next((coding.code or "" for coding in (resource.code.coding or () if resource.code else ())), "")
        yield (
            resource.id or "",
            version_of(resource),
            id_of(resource.patient, "Patient"),
            "allergy",
            code,
            words_of(resource.code),
            resource.criticality or "",
            int(not ended and not wrong),
            start_us(resource.onsetDateTime or resource.recordedDate, zone),
            None,
        )
        return
    first, last = ends(resource.period)
    kinds = (("precaution", PRECAUTION), ("arm", ARM), ("note", ALERT))
    kind, code = next(((name, code) for name, system in kinds if (code := code_of(resource.code, system))), ("note", ""))
    yield (
        resource.id or "",
        version_of(resource),
        id_of(resource.subject, "Patient"),
        kind,
        code,
        words_of(resource.code),
        "",
        int(resource.status == "active"),
        start_us(first, zone),
        end_us(last, zone),
    )


_PATIENT: Mapping[str, str] = {
    "id": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "active": "INTEGER NOT NULL",
    "deceased": "INTEGER NOT NULL",
    "family": "TEXT NOT NULL",
    "given": "TEXT NOT NULL",
    "name": "TEXT NOT NULL",
    "folded": "TEXT NOT NULL",
    "birth_date": "TEXT NOT NULL",
    "sex": "TEXT NOT NULL",
    "record_number": "TEXT NOT NULL",
    "record_number_folded": "TEXT NOT NULL",
    "phone": "TEXT NOT NULL",
    "phone_reversed": "TEXT NOT NULL",
    "language": "TEXT NOT NULL",
    "replaced_by": "TEXT NOT NULL",
}
_ALERT: Mapping[str, str] = {
    "id": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "patient": "TEXT NOT NULL",
    "kind": "TEXT NOT NULL",
    "code": "TEXT NOT NULL",
    "words": "TEXT NOT NULL",
    "criticality": "TEXT NOT NULL",
    "active": "INTEGER NOT NULL",
    "start_us": "INTEGER",
    "stop_us": "INTEGER",
}


def patient_views(zone: tzinfo) -> list[View]:
    """`patient_row`, `patient_word` and `patient_trigram` for the search, `alert_row` for allergies, precautions and notes."""
    return [
        zoned_view(
            "patient_row",
            ("Patient",),
            _PATIENT,
            _patient_rows,
            [["id"], ["folded"], ["birth_date"], ["record_number_folded"], ["phone_reversed"]],
            zone,
        ),
        zoned_view("patient_word", ("Patient",), {"word": "TEXT NOT NULL"}, _word_rows, [["word", "resource"]], zone),
        zoned_view(
            "patient_trigram",
            ("Patient",),
            {"trigram": "TEXT NOT NULL", "word": "TEXT NOT NULL"},
            _trigram_rows,
            [["trigram", "word"]],
            zone,
        ),
        zoned_view("alert_row", ("AllergyIntolerance", "Flag"), _ALERT, _alert_rows, [["patient", "kind"]], zone),
    ]


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """A patient as acts ask about them. `arms` are coded `left-mastectomy`; `phone` and the names as they are written."""

    id: str
    family: str
    given: str
    birth_date: date | None
    sex: Sex | None
    record_number: str
    phone: str
    deceased: bool
    active: bool
    precautions: frozenset[str]
    arms: tuple[str, ...]

    @property
    def reference(self) -> str:
        """`Patient/id`."""
        return f"Patient/{self.id}"


def alerts_of(record: Record, patient_id: str, kinds: Sequence[str], at: datetime) -> list[tuple[str, str, str]]:
    """(kind, code, words) of a patient's alerts that hold at `at`, at most ALERTS_MAX."""
    now = microseconds(at)
    marks = ",".join("?" * len(kinds))
    return [
        (row[0], row[1], row[2])
        for row in record.engine.rows(
            f"SELECT kind, code, words FROM alert_row WHERE patient = ? AND kind IN ({marks}) AND active = 1 "
            f"AND (start_us IS NULL OR start_us <= ?) AND (stop_us IS NULL OR stop_us > ?) ORDER BY kind, code LIMIT {ALERTS_MAX}",
            (patient_id, *kinds, now, now),
        )
    ]


def patient_facts(record: Record, patient_id: str, at: datetime) -> PatientFacts:
    """Gather what acts ask about a patient. Raises NotFound, Gone."""
    patient = load(record, r4.Patient, patient_id)
    family, given = _family_given(patient)
    alerts = alerts_of(record, patient_id, ("precaution", "arm"), at)
    sex: Sex | None = "female" if patient.gender == "female" else "male" if patient.gender == "male" else None
    return PatientFacts(
        patient_id,
        family,
        given,
        whole_date(patient.birthDate),
        sex,
        record_number_of(patient),
        phone_of(patient),
        _deceased(patient),
        patient.active is not False,
        frozenset(code for kind, code, _ in alerts if kind == "precaution"),
        tuple(code for kind, code, _ in alerts if kind == "arm"),
    )


def latest_weight_kg(record: Record, patient_id: str, at: datetime, *, within: timedelta = timedelta(days=365)) -> Any:
    """The newest body weight (LOINC 29463-7) in kilograms as a Decimal, not older than `within`; None when there is none."""
    from decimal import Decimal

    rows = record.engine.rows(
        "SELECT value, unit FROM result_row WHERE patient = ? AND loinc = '29463-7' AND status IN ('final', 'amended', 'corrected') "
        "AND effective_us <= ? AND effective_us >= ? ORDER BY effective_us DESC LIMIT 1",
        (patient_id, microseconds(at), microseconds(at - within)),
    )
    if not rows or rows[0][1] not in ("kg", "g"):
        return None
    return Decimal(rows[0][0]) if rows[0][1] == "kg" else Decimal(rows[0][0]) / 1000
