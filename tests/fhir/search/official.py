"""HL7's own definitions and examples, as tools/fetch_definitions.py brings them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).resolve().parents[3] / "tools"


@lru_cache(maxsize=4)
def package_folder(name: str) -> Path:
    """The folder of a package of HL7; the test is skipped, aloud, where it can neither be found nor fetched."""
    if str(TOOLS) not in sys.path:
        sys.path.insert(0, str(TOOLS))
    import fetch_definitions  # pyright: ignore[reportMissingImports] - on the path only now

    try:
        folder: Path = fetch_definitions.package_folder(name)
    except fetch_definitions.CannotFetchError as absence:
        pytest.skip(str(absence))
    return folder


def documents(pattern: str) -> Iterator[tuple[str, Any]]:
    """File name and JSON of HL7's examples whose file names match `pattern`."""
    for file in sorted(package_folder("hl7.fhir.r4.examples").glob(pattern)):
        document = json.loads(file.read_bytes())
        if isinstance(document, dict) and "resourceType" in document:
            yield file.name, document
