"""Auto-verification at work: after entry the installation itself judges every result by the rules, and keeps what they said.

In shadow mode, the default of every test, nothing is released: people verify, and the page of agreement compares. Where a site has
switched every test of a report to `live`, a report whose results all pass is verified by the installation, through the gate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

import msgspec

from benchside.areas.laboratory.acts.resulting import devices_of, observations_of, verify_result
from benchside.areas.laboratory.acts.results_kept import code_of_analyte, judge, numeric_values, value_of
from benchside.areas.laboratory.acts.tubes_kept import as_rule_sees
from benchside.areas.laboratory.autoverification import (
    AutoverificationTable,
    Candidate,
    ShadowRecord,
    ShadowSummary,
    Verdict,
    assess_candidate,
    package_autoverification,
    summarise_shadow,
)
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.reception import clock, package_reception
from benchside.areas.laboratory.views.quality import part, value_judged
from benchside.areas.laboratory.views.specimens import specimen_state, tests_of_specimen
from benchside.fhir import r4
from benchside.readiness.engine import assess
from benchside.readiness.gathering.equipment import lots_of
from benchside.readiness.gathering.kept import (
    TEST,
    code_of,
    date_time,
    extension_url,
    extension_values,
    id_of,
    load,
    moment,
)
from benchside.readiness.gathering.lots import as_it_stands
from benchside.readiness.gathering.patients import PatientFacts, patient_facts
from benchside.readiness.performing import Performance, act, facts_for, perform, site_requirements
from benchside.record import NotFound, Record
from benchside.record.keys import microseconds
from benchside.record.keys import moment as moment_of_us
from benchside.terms.refusal import ActRefused, Refusal

Mode = Literal["off", "shadow", "live"]
MODES: Final[tuple[Mode, ...]] = ("off", "shadow", "live")
JUDGEMENTS_MAX: Final = 20_000
"""Newest judgements that the page of agreement counts."""
RELEASED: Final = ("final", "amended", "corrected")


@dataclass(frozen=True, slots=True)
class Setting:
    """How a test is switched: its mode, and the rules that do not count for it."""

    mode: Mode
    without: tuple[str, ...] = ()


def settings_of(record: Record) -> dict[str, Setting]:
    """The site's switches, by test; a test that is not there is in shadow."""
    known: dict[str, Mode] = {mode: mode for mode in MODES}
    rows = record.engine.rows("SELECT test, mode, without FROM analyte_setting ORDER BY test LIMIT 2000")
    return {row[0]: Setting(known.get(row[1], "shadow"), tuple(row[2].split())) for row in rows}


def _default() -> Setting:
    return Setting("shadow" if package_autoverification().shadow else "live")


@dataclass(frozen=True, slots=True)
class Switched:
    """The resource that holds the switch."""

    definition: str


@act("manage_catalogue")
def set_autoverification(performance: Performance, test: str, mode: Mode, reason: str, *, without: Sequence[str] = ()) -> Switched:
    """Switch auto-verification of a test: `off`, `shadow` or `live`; `without` names rules that do not count. Signed, with a reason."""
    record, analyte = performance.record, package_catalogue().analytes.get(test)
    numbers = {rule.number for rule in package_autoverification().rules}
    further = [] if analyte is not None and mode in MODES else [Refusal("autoverification.test-unknown", {"test": f"test:{test}"})]
    further += [Refusal("autoverification.rule-unknown", {"rule": rule}) for rule in without if rule not in numbers]
    own = f"analyte-{test.lower().replace('_', '-')}"
    with perform(performance, "manage_catalogue", facts_for(performance), further=further, reason=reason) as performed:
        assert analyte is not None  # an unknown test was refused
        extensions = [r4.Extension(url=extension_url("autoverification-mode"), valueCode=mode)]
        if without:
            extensions.append(r4.Extension(url=extension_url("autoverification-without"), valueString=" ".join(without)))
        try:
            known = load(record, r4.ObservationDefinition, own)
        except NotFound:
            performed.create(r4.ObservationDefinition(code=code_of_analyte(analyte), extension=extensions), id=own)
        else:
            known.extension = extensions
            performed.update(known)
    return Switched(own)


@dataclass(frozen=True, slots=True)
class JudgedResult:
    """What the rules said of one result: `failed` are the numbers of the rules that hold it back."""

    analyte: str
    observation: str
    mode: Mode
    passed: bool
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JudgedReport:
    """The judgements of one entry, and whether the report may now be released without a person."""

    report: str
    results: tuple[JudgedResult, ...]
    releasable: bool


@act("autoverify_result")
def judge_report(performance: Performance, report_id: str) -> JudgedReport:
    """Judge every entered result of a report that was not judged as it stands, and keep what the rules said. Releases nothing."""
    record, at = performance.record, performance.at
    report = load(record, r4.DiagnosticReport, report_id)
    order_id = next((own for based in report.basedOn or () if (own := id_of(based, "ServiceRequest"))), "")
    every = observations_of(record, order_id)
    entered = [one for one in every if one.status == "preliminary"]
    switches, results = settings_of(record), list[JudgedResult]()
    patient = patient_facts(record, id_of(report.subject, "Patient"), at)
    with perform(
        performance, "autoverify_result", facts_for(performance), patient=patient.reference, focus=f"DiagnosticReport/{report_id}"
    ) as performed:
        for one in entered:
            code = code_of(one.code, TEST)
            setting = switches.get(code, _default())
            last = _last_judgement(one)
            if setting.mode == "off" or code not in package_catalogue().analytes:
                continue
            verdict = assess_candidate(candidate_of(performance, one, every, patient), _table(setting))
            failed = tuple(outcome.number for outcome in verdict.failed)
            results.append(JudgedResult(code, one.id or "", setting.mode, verdict.passed, failed))
            if last is None or (last.value, last.failed, last.mode) != (value_judged(one), failed, setting.mode):
                one.extension = [*(one.extension or ()), _judgement(one, setting.mode, verdict, at)]
                performed.update(one)
    live = len(results) == len(entered) > 0 and all(one.passed and one.mode == "live" for one in results)
    return JudgedReport(report_id, tuple(results), live and report.status == "preliminary")


def autoverify(performance: Performance, report_id: str) -> str:
    """Judge a report, and verify it when the site lets the rules release it; "judged", "released", or "held" by the gate."""
    judged = judge_report(performance, report_id)
    if not judged.releasable:
        return "judged"
    try:
        verify_result(performance, report_id)
    except ActRefused:
        return "held"  # counted as a refusal of the installation; the report waits for a person as before
    return "released"


def _table(setting: Setting) -> AutoverificationTable:
    table = package_autoverification()
    if not setting.without:
        return table
    rules = tuple(msgspec.structs.replace(rule, active=rule.active and rule.number not in setting.without) for rule in table.rules)
    return msgspec.structs.replace(table, rules=rules)


def candidate_of(performance: Performance, one: r4.Observation, every: Sequence[r4.Observation], patient: PatientFacts) -> Candidate:
    """A result with everything the rules look at, as it stands now."""
    record, at, catalogue = performance.record, performance.at, package_catalogue()
    code, value = code_of(one.code, TEST), value_of(one)
    analyte = catalogue.analyte(code)
    collected = moment(one.effectiveDateTime, record.policy.zone) or at
    assert value is not None  # our own invariant: what is entered has a value
    judged = judge(record, value, analyte, patient, collected, catalogue, but=one.id or "")
    specimen = id_of(one.specimen, "Specimen")
    tube = load(record, r4.Specimen, specimen) if specimen else None
    return Candidate(
        analyte,
        value,
        judged.interpretation,
        judged.critical,
        judged.delta,
        indices_over=_indices(one, tube, code),
        quality=_quality(performance, one),
        specimen_good=tube is not None and _specimen_good(record, tube, code, at),
        panel=_panel(every, one),
    )


def _panel(every: Sequence[r4.Observation], one: r4.Observation) -> Mapping[str, Decimal]:
    own = id_of(one.specimen, "Specimen")
    return numeric_values([other for other in every if id_of(other.specimen, "Specimen") == own])


def _indices(one: r4.Observation, tube: r4.Specimen | None, code: str) -> tuple[str, ...] | None:
    """Interferences above the limit as the instrument told them; None when it told none; nothing to measure in whole blood."""
    told = extension_values(one, "interference-indices")
    if told:
        return tuple((told[0].valueString or "").split())
    catalogue = package_catalogue()
    tests = [catalogue.tests[test] for test in (tests_of_specimen(tube) if tube is not None else ()) if code in (test, *_results(test))]
    return () if tests and all(test.definition.processing == "whole" for test in tests) else None


def _results(test: str) -> tuple[str, ...]:
    catalogue = package_catalogue()
    return catalogue.results_of(test) if test in catalogue.tests or test in catalogue.panels else ()


def _quality(performance: Performance, one: r4.Observation) -> tuple[Refusal, ...]:
    """What the gate would say of device, control, calibration and lots."""
    record = performance.record
    lots = tuple(as_it_stands(record, lot) for lot in lots_of(one))
    facts = facts_for(performance, equipment=devices_of(record, [one]), lots=lots)
    refusals = assess("verify_result", facts, site_requirements(record), performance.at)
    return tuple(refusal for refusal in refusals if refusal.code.startswith(("equipment.", "lot.")))


def _specimen_good(record: Record, tube: r4.Specimen, code: str, at: datetime) -> bool:
    if specimen_state(tube) != "received" or tube.condition:
        return False
    catalogue, seen = package_catalogue(), as_rule_sees(tube, record)
    tests = [test for test in seen.tests if code in (test, *_results(test))] or list(seen.tests)
    until = [clock(seen, catalogue.tests[test], package_reception()).good_until for test in tests if test in catalogue.tests]
    return seen.collected_at is not None and all(end is None or at <= end for end in until)


@dataclass(frozen=True, slots=True)
class KeptJudgement:
    """A judgement as it is kept on the result: of which value, when, and the numbers of the rules that held it back."""

    mode: str
    passed: bool
    failed: tuple[str, ...]
    value: str
    at: str


def _judgement(one: r4.Observation, mode: Mode, verdict: Verdict, at: datetime) -> r4.Extension:
    parts = [
        r4.Extension(url="mode", valueCode=mode),
        r4.Extension(url="passed", valueBoolean=verdict.passed),
        r4.Extension(url="value", valueString=value_judged(one)),
        r4.Extension(url="at", valueDateTime=date_time(at)),
    ]
    if verdict.failed:
        parts.append(r4.Extension(url="failed", valueString=" ".join(outcome.number for outcome in verdict.failed)))
    return r4.Extension(url=extension_url("autoverification"), extension=parts)


def judgements_of(one: r4.Observation) -> list[KeptJudgement]:
    """Every judgement kept on a result, in their order."""
    found: list[KeptJudgement] = []
    for kept in extension_values(one, "autoverification"):
        mode, passed, failed, value, at = (part(kept, name) for name in ("mode", "passed", "failed", "value", "at"))
        found.append(
            KeptJudgement(
                (mode.valueCode or "") if mode else "",
                bool(passed and passed.valueBoolean),
                tuple((failed.valueString or "").split()) if failed else (),
                (value.valueString or "") if value else "",
                (at.valueDateTime or "") if at else "",
            )
        )
    return found


def _last_judgement(one: r4.Observation) -> KeptJudgement | None:
    return next(iter(reversed(judgements_of(one))), None)


def agreement(record: Record, since: datetime, until: datetime) -> dict[str, ShadowSummary]:
    """How rules and people agreed on what was judged in a time, by test; "" holds all of them. Results that still wait do not count."""
    rows = record.engine.rows(
        "SELECT test, at_us, passed, failed, status, changed FROM autoverification_row WHERE at_us >= ? AND at_us < ? AND status <> 'preliminary' "
        f"ORDER BY at_us DESC LIMIT {JUDGEMENTS_MAX}",
        (microseconds(since), microseconds(until)),
    )
    by_test: dict[str, list[ShadowRecord]] = {"": []}
    for test, at_us, passed, failed, status, changed in rows:
        kept = ShadowRecord(test, moment_of_us(at_us), bool(passed), tuple(failed.split()), status in RELEASED, bool(changed))
        by_test[""].append(kept)
        by_test.setdefault(test, []).append(kept)
    return {test: summarise_shadow(records) for test, records in by_test.items()}
