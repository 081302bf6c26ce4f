"""Write `src/benchside/fhir/r4/` anew from HL7's R4 definitions.

    python tools/generate_r4.py

Needs the packages of tools/fetch_definitions.py. The output is committed; a test regenerates it and finds no difference.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from r4 import elements, naming, structs
from r4.definitions import load

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "src" / "benchside" / "fhir" / "r4"


def sources(examples: Path, expansions: Path) -> dict[str, str]:
    """Make every file of the package: name within it, text."""
    definitions = load(examples, expansions)
    files = {
        "__init__.py": structs.package(definitions),
        "elements.json": elements.render(definitions),
        "names.py": structs.names(definitions),
        "codes.py": structs.value_sets(definitions),
        "datatypes.py": structs.datatypes(definitions),
    }
    for type_ in definitions.resources():
        files[naming.module(type_.name) + ".py"] = structs.resource(definitions, type_)
    return files


def write(files: dict[str, str], output: Path) -> None:
    """Write the files and put them in the repository's format."""
    output.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (output / name).write_text(text, encoding="utf-8")
    for command in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, str(output)], check=True)


def main() -> None:
    """Generate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=Path, required=True, help="unpacked hl7.fhir.r4.examples")
    parser.add_argument("--expansions", type=Path, required=True, help="unpacked hl7.fhir.r4.expansions")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    write(sources(arguments.examples, arguments.expansions), arguments.output)


if __name__ == "__main__":
    main()
