"""A patient as the header of every page about them shows them, and the note that somebody looked."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from babel import Locale, UnknownLocaleError
from django.utils.translation import gettext as _

from benchside.accounts.principal import Principal
from benchside.pages.codes import N_
from benchside.pages.shapes import Allergy, Flag, Patient
from benchside.readiness.explanation import names
from benchside.readiness.gathering.patients import alerts_of
from benchside.readiness.requirements import Requirements
from benchside.record import Record
from benchside.record.access_log import Access
from benchside.record.keys import microseconds
from benchside.record.site import site_access_log
from benchside.workplace.outcomes import reader_language
from benchside.workplace.places import address

NO_KNOWN_ALLERGY: Final = frozenset({"716186003", "no-known-allergies"})
"""Codes by which somebody says that they asked and there is none (SNOMED CT's appears in FHIR's own value set)."""

ROWS_MAX: Final = 200

SEXES: Final = {"female": N_("female"), "male": N_("male"), "other": N_("other sex"), "unknown": N_("sex unknown")}
_LANGUAGE_CODE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
SIDES: Final = {"left": N_("Left arm"), "right": N_("Right arm")}
ARM_REASONS: Final = {
    "mastectomy": N_("mastectomy"),
    "fistula": N_("fistula"),
    "graft": N_("graft"),
    "injury": N_("injury"),
    "infusion": N_("infusion"),
}


def header_patient(record: Record, patient_id: str, at: datetime, requirements: Requirements) -> Patient | None:
    """Return the patient for the header, with what everybody near them must know at `at`; None when there is none of that id."""
    rows = record.engine.rows("SELECT name, birth_date, record_number, sex, language FROM patient_row WHERE id = ?", (patient_id,))
    if not rows:
        return None
    name, birth_date, record_number, sex, language = rows[0]
    alerts = alerts_of(record, patient_id, ("allergy", "precaution", "arm", "note"), at)
    known = names(requirements, reader_language())
    return Patient(
        reference=f"Patient/{patient_id}",
        name=name or _("No name recorded"),
        birth_date=birth_date or None,
        mrn=record_number or None,
        sex=_(SEXES[sex]) if sex in SEXES else None,
        allergies=_allergies(record, patient_id, alerts),
        precautions=(
            *(
                Flag(text=known.get(f"precaution:{code}", words or code), icon="shield", tone="warning")
                for kind, code, words in alerts
                if kind == "precaution"
            ),
            *(Flag(text=arm_words(code, words), icon="arm", tone="danger") for kind, code, words in alerts if kind == "arm"),
        ),
        notes=tuple(words or code for kind, code, words in alerts if kind == "note"),
        language=language_words(language) or None,
        url=address("patient", patient_id),
    )


def row_patients(record: Record, principal: Principal, ids: Iterable[str], place: str, at: datetime) -> dict[str, Patient]:
    """Return patients for the rows of a list, by id, at most ROWS_MAX; the look is kept as one line. Raises OSError."""
    wanted = list(dict.fromkeys(own for own in ids if own))[:ROWS_MAX]
    if not wanted:
        return {}
    marks = ",".join("?" * len(wanted))
    found = {
        own: Patient(
            reference=f"Patient/{own}",
            name=name or _("No name recorded"),
            birth_date=birth_date or None,
            mrn=record_number or None,
            sex=_(SEXES[sex]) if sex in SEXES else None,
            url=address("patient", own),
        )
        for own, name, birth_date, record_number, sex in record.engine.rows(
            f"SELECT id, name, birth_date, record_number, sex FROM patient_row WHERE id IN ({marks})", tuple(wanted)
        )
    }
    site_access_log().append(
        Access(microseconds(at), principal.author, "search-type", "Patient", "", "TREAT", f"page:{place}", tuple(sorted(found)))
    )
    return found


def language_words(language: str) -> str:
    """Name a language in the reader's own: of its BCP 47 code; words stay as they were kept."""
    if not _LANGUAGE_CODE.fullmatch(language):
        return language
    try:
        return Locale.parse(language, sep="-").get_display_name(reader_language()) or language
    except (UnknownLocaleError, ValueError):
        return language


def arm_words(code: str, words: str) -> str:
    """Say which arm must not be used and why: of the code `left-fistula`, or the words it was kept with."""
    side, _dash, why = code.partition("-")
    if side in SIDES and why in ARM_REASONS:
        return _("%(arm)s: %(why)s") % {"arm": _(SIDES[side]), "why": _(ARM_REASONS[why])}
    return words or code


def note_read(principal: Principal, patient_id: str, place: str, at: datetime) -> None:
    """Keep who looked at which patient, on which page, when, for treatment. Raises OSError: then nothing must be shown."""
    site_access_log().append(
        Access(microseconds(at), principal.author, "read", f"Patient/{patient_id}", "", "TREAT", f"page:{place}", (patient_id,))
    )


def _allergies(record: Record, patient_id: str, alerts: list[tuple[str, str, str]]) -> tuple[Allergy, ...] | None:
    found = [(code, words) for kind, code, words in alerts if kind == "allergy"]
    if not found:
        return None
    severe = {
        row[0]
        for row in record.engine.rows(
            "SELECT words FROM alert_row WHERE patient = ? AND kind = 'allergy' AND active = 1 AND criticality = 'high' LIMIT 200",
            (patient_id,),
        )
    }
    return tuple(Allergy(substance=words or code, severe=words in severe) for code, words in found if code not in NO_KNOWN_ALLERGY)
