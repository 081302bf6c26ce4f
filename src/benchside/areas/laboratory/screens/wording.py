"""What tests, people and kinds of work are called on screens, in the reader's language."""

from collections.abc import Iterable
from typing import Final, cast, get_args

from django.utils.translation import gettext as _

from benchside.areas.laboratory.acts.order_rules import PROCEDURES
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.pages.codes import N_
from benchside.pages.shapes import Priority, ResultFlag
from benchside.record import Record
from benchside.workplace.outcomes import reader_language

PRIORITY_OF: Final[tuple[Priority, ...]] = ("stat", "asap", "urgent", "routine")
"""Priorities by their number in the views."""
OTHER_FLAGS: Final[dict[str, ResultFlag]] = {"HU": "HH", "LU": "LL", "POS": "A", "DET": "A", "IND": "A", "NEG": "N", "ND": "N"}
"""Interpretations of other systems, as ours show them; what is not here is "not judged"."""
UNITS: Final = {
    "Cel": "°C",
    "[degF]": "°F",
    "mm[Hg]": "mmHg",
    "10*3/uL": "10³/µL",
    "10*6/uL": "10⁶/µL",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
}
"""UCUM codes that people write otherwise."""
WORK: Final = {
    "collect": N_("Collection"),
    "point-of-care": N_("Point-of-care test"),
    "vital-signs": N_("Vital signs"),
    "ekg": N_("EKG"),
    "procedure": N_("Procedure"),
    "order-not-understood": N_("Order to clarify"),
}
VITAL_SIGNS: Final = {
    "85354-9": N_("Blood pressure"),
    "8867-4": N_("Heart rate"),
    "9279-1": N_("Respiratory rate"),
    "8310-5": N_("Temperature"),
    "2708-6": N_("Oxygen saturation"),
    "59408-5": N_("Oxygen saturation"),
    "29463-7": N_("Body weight"),
    "8302-2": N_("Body height"),
    "72514-3": N_("Pain"),
}


def test_name(code: str, otherwise: str) -> str:
    """The name of a test, panel, component or procedure in the reader's language; `otherwise` for what is not in the catalogue."""
    language, catalogue = reader_language(), package_catalogue()
    if code in PROCEDURES:
        return PROCEDURES[code][3 if language == "es" else 2]
    known = catalogue.panels.get(code) or catalogue.tests.get(code) or catalogue.analytes.get(code)
    return known.name.text(language) if known is not None else otherwise or code


def unit_shown(unit: str) -> str:
    """A UCUM unit as people write it; "" for what has none (`1`)."""
    return "" if unit == "1" else UNITS.get(unit, unit)


def flag_shown(flag: str) -> ResultFlag | None:
    """A flag as results show it; None when nobody judged the value, or with a code that says nothing here."""
    return cast("ResultFlag", flag) if flag in get_args(ResultFlag) else OTHER_FLAGS.get(flag)


def people_names(record: Record, references: Iterable[str]) -> dict[str, str]:
    """Names of `Practitioner/id`s by reference; others by their reference as it is."""
    wanted = dict.fromkeys(reference for reference in references if reference)
    ids = [reference.partition("/")[2] for reference in wanted if reference.startswith("Practitioner/")][:500]
    if not ids:
        return {reference: reference for reference in wanted}
    marks = ",".join("?" * len(ids))
    rows = record.engine.rows(f"SELECT practitioner, name FROM staff_role WHERE kind = 'person' AND practitioner IN ({marks})", ids)
    known = {f"Practitioner/{own}": name for own, name in rows if name}
    return {reference: known.get(reference, _("the system") if reference.startswith("Device/") else reference) for reference in wanted}
