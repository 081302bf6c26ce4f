"""`control_row` of control Observations, `autoverification_row` and `analyte_setting`: what the pages of quality show."""

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from decimal import Decimal
from typing import Final

from benchside.fhir import r4
from benchside.readiness.gathering.equipment import lots_of
from benchside.readiness.gathering.kept import (
    CATEGORY,
    TEST,
    code_of,
    codes_of,
    extension_values,
    id_of,
    start_us,
    target_of,
    version_of,
)
from benchside.readiness.gathering.results import value_words
from benchside.readiness.gathering.view_rows import zoned_view
from benchside.record.views import View, ViewRow

CONTROL: Final = "control"
"""Category of an Observation of control material: it never belongs to a patient."""


def part(extension: r4.Extension, name: str) -> r4.Extension | None:
    """A part of a complex extension."""
    return next((one for one in extension.extension or () if one.url == name), None)


def _decimal(found: Decimal | None) -> str:
    return "" if found is None else f"{found:f}"


def _control_rows(observation: r4.Observation, zone: tzinfo) -> Iterator[ViewRow]:
    if CONTROL not in codes_of(observation.category, CATEGORY):
        return
    kept = next(iter(extension_values(observation, "control")), None)
    if kept is None:
        return
    run, level, mean, sd, rules = (part(kept, name) for name in ("run", "level", "mean", "sd", "rules"))
    value, unit, _, _ = value_words(observation)
    lots = lots_of(observation)
    yield (
        observation.id or "",
        version_of(observation),
        id_of(observation.device, "Device"),
        code_of(observation.code, TEST),
        (run.valueString or "") if run else "",
        (level.valueCode or "") if level else "",
        lots[0].number if lots else "",
        value,
        unit,
        _decimal(mean.valueDecimal if mean else None),
        _decimal(sd.valueDecimal if sd else None),
        (rules.valueString or "") if rules else "",
        int(observation.status in ("cancelled", "entered-in-error")),
        start_us(observation.effectiveDateTime, zone),
        target_of(observation.performer[0]) if observation.performer else "",
        (observation.note[-1].text or "") if observation.note else "",
    )


def value_judged(observation: r4.Observation) -> str:
    """A value with unit and comparator in one text: whether it is still the one that was judged."""
    value, unit, comparator, _ = value_words(observation)
    return " ".join(filter(None, (value, unit, comparator)))


def _autoverification_rows(observation: r4.Observation, zone: tzinfo) -> Iterator[ViewRow]:
    value = value_judged(observation)
    for number, kept in enumerate(extension_values(observation, "autoverification")):
        mode, passed, failed, judged, at = (part(kept, name) for name in ("mode", "passed", "failed", "value", "at"))
        yield (
            observation.id or "",
            number,
            code_of(observation.code, TEST),
            (mode.valueCode or "") if mode else "",
            int(bool(passed and passed.valueBoolean)),
            (failed.valueString or "") if failed else "",
            start_us(at.valueDateTime if at else None, zone),
            observation.status or "",
            int(((judged.valueString or "") if judged else "") != value),
            code_of(observation.interpretation, "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"),
        )


def _setting_rows(definition: r4.ObservationDefinition, _zone: tzinfo) -> Iterator[ViewRow]:
    for kept in extension_values(definition, "autoverification-mode"):
        off = extension_values(definition, "autoverification-without")
        yield definition.id or "", code_of(definition.code, TEST), kept.valueCode or "", (off[0].valueString or "") if off else ""


_CONTROL: Mapping[str, str] = {
    "id": "TEXT NOT NULL",
    "version": "INTEGER NOT NULL",
    "device": "TEXT NOT NULL",
    "test": "TEXT NOT NULL",
    "run": "TEXT NOT NULL",
    "level": "TEXT NOT NULL",
    "lot": "TEXT NOT NULL",
    "value": "TEXT NOT NULL",
    "unit": "TEXT NOT NULL",
    "mean": "TEXT NOT NULL",
    "sd": "TEXT NOT NULL",
    "rules": "TEXT NOT NULL",
    "excluded": "INTEGER NOT NULL",
    "at_us": "INTEGER",
    "performer": "TEXT NOT NULL",
    "note": "TEXT NOT NULL",
}
_AUTOVERIFICATION: Mapping[str, str] = {
    "id": "TEXT NOT NULL",
    "number": "INTEGER NOT NULL",
    "test": "TEXT NOT NULL",
    "mode": "TEXT NOT NULL",
    "passed": "INTEGER NOT NULL",
    "failed": "TEXT NOT NULL",
    "at_us": "INTEGER",
    "status": "TEXT NOT NULL",
    "changed": "INTEGER NOT NULL",
    "flag": "TEXT NOT NULL",
}


def quality_views(zone: tzinfo) -> list[View]:
    """What was measured of control material, what auto-verification said, and which tests it is switched on for."""
    return [
        zoned_view("control_row", ("Observation",), _CONTROL, _control_rows, [["id"], ["device", "test", "at_us"]], zone),
        zoned_view(
            "autoverification_row",
            ("Observation",),
            _AUTOVERIFICATION,
            _autoverification_rows,
            [["id"], ["at_us"], ["test", "at_us"]],
            zone,
        ),
        zoned_view(
            "analyte_setting",
            ("ObservationDefinition",),
            {"id": "TEXT NOT NULL", "test": "TEXT NOT NULL", "mode": "TEXT NOT NULL", "without": "TEXT NOT NULL"},
            _setting_rows,
            [["test"]],
            zone,
        ),
    ]
