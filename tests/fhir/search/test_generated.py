"""What is committed is what the generator writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.fhir.search.official import TOOLS, package_folder


def test_the_generator_writes_what_is_committed(tmp_path: Path, repository: Path) -> None:
    package_folder("hl7.fhir.r4.examples")
    package_folder("hl7.fhir.r4.expansions")
    subprocess.run([sys.executable, str(TOOLS / "generate_search.py"), "--output", str(tmp_path)], check=True, timeout=300)
    committed = repository / "src" / "benchside" / "fhir" / "search" / "generated"
    expected = {file.name: file.read_text() for file in committed.glob("*.py")}
    assert {file.name: file.read_text() for file in tmp_path.glob("*.py")} == expected
