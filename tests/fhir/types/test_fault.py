"""Faults as an OperationOutcome."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchside.fhir import Fault, Invalid, operation_outcome, read, write
from benchside.fhir.fault import FAULTS_SHOWN_MAX
from benchside.fhir.reading import check
from benchside.fhir.terminology import validate_code

SPOILT = {
    "structure": b'{"resourceType":"Patient","foo":1}',
    "required": b'{"resourceType":"Observation","status":"final"}',
    "value": b'{"resourceType":"Patient","birthDate":"x"}',
    "code-invalid": b'{"resourceType":"Patient","gender":"x"}',
    "invariant": b'{"resourceType":"Patient","contact":[{"gender":"male"}]}',
}


@pytest.mark.parametrize("code", SPOILT)
def test_each_code_is_an_issue_type_of_fhir(code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(SPOILT[code])
    assert [fault.code for fault in refusal.value.faults] == [code]
    assert validate_code("http://hl7.org/fhir/ValueSet/issue-type", None, code).result is True
    outcome = operation_outcome(refusal.value.faults)
    assert check(outcome) == ()


def test_outcome_tells_place_words_and_key() -> None:
    outcome = json.loads(write(operation_outcome([Fault("Patient.contact[0]", "invariant", "words", "pat-1")])))
    issue = outcome["issue"][0]
    assert issue["expression"] == ["Patient.contact[0]"]
    assert issue["diagnostics"] == "words"
    assert issue["details"]["coding"][0]["code"] == "pat-1"


def test_no_end_of_faults() -> None:
    outcome = operation_outcome([Fault("Patient", "value", "words")] * (FAULTS_SHOWN_MAX + 7))
    assert len(outcome.issue) == FAULTS_SHOWN_MAX + 1
    assert outcome.issue[-1].diagnostics == "7 more faults are not listed."


def test_absent_data_is_skipped_aloud(tmp_path: Path) -> None:
    """Without npm and a cache the examples cannot be had, nor Synthea's bundles without their folder: that must be seen."""
    folder = Path(__file__).resolve().parent
    environment = {"BENCHSIDE_CACHE": str(tmp_path / "none"), "BENCHSIDE_DATA": str(tmp_path), "PATH": "", "HOME": str(tmp_path)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rs",
        "-p",
        "no:cacheprovider",
        "test_synthea.py",
        "test_examples.py::test_the_package_has_all_examples",
    ]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert "NOT RUN: npm is not installed" in done.stdout
    assert "NOT RUN: no Synthea bundles" in done.stdout
    assert "2 skipped" in done.stdout
