"""Write `src/benchside/fhir/r4/` anew from HL7's R4 definitions.

    python tools/generate_r4.py

Fetches the definitions (tools/fetch_definitions.py) unless they are there. The output is committed; a test generates it again and finds
no difference. Two steps, so that it also works when `r4` is empty: the tables first, then the structs, whose invariants are compiled by
the product's own FHIRPath with the help of those tables.
"""

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

from fetch_definitions import package_folder
from r4 import elements, naming
from r4.definitions import Definitions, load

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
OUTPUT = SOURCE / "benchside" / "fhir" / "r4"


def import_without_contents(name: str) -> None:
    """Make a package importable without running its `__init__`, which needs what is yet to be written."""
    folder = SOURCE.joinpath(*name.split("."))
    spec = importlib.util.spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec is not None
    sys.modules[name] = importlib.util.module_from_spec(spec)


def tables(definitions: Definitions) -> dict[str, str]:
    """Write what the FHIRPath compiler reads: name of file, text."""
    return {"elements.json": elements.render(definitions), "names.py": naming.render_names(definitions)}


def structs_and_invariants(definitions: Definitions) -> dict[str, str]:
    """Write the structs: name of file, text."""
    sys.path.insert(0, str(SOURCE))
    for package in ("benchside.fhir", "benchside.fhir.r4"):
        import_without_contents(package)
    from r4 import invariants, structs  # only now can the compiler be imported

    enforced = invariants.compiled(definitions)
    files = {
        "__init__.py": structs.package(definitions),
        "invariants.py": structs.invariants(definitions, enforced),
        "codes.py": structs.value_sets(definitions),
        "datatypes.py": structs.datatypes(definitions, enforced),
    }
    for type_ in definitions.resources():
        files[naming.module(type_.name) + ".py"] = structs.resource(definitions, type_, enforced)
    return files


def write(files: dict[str, str], output: Path) -> None:
    """Write the files and put them in the repository's format."""
    output.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (output / name).write_text(text, encoding="utf-8")
    paths = [str(output / name) for name in files if name.endswith(".py")]
    settings = ["--config", str(ROOT / "pyproject.toml")]
    for command in (["check", "--select", "I,F401", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, *settings, *paths], check=True)


def main() -> None:
    """Generate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=OUTPUT, help="another folder than the package's own")
    arguments = parser.parse_args()
    definitions = load(package_folder("hl7.fhir.r4.examples"), package_folder("hl7.fhir.r4.expansions"))
    write(tables(definitions), arguments.output)
    write(structs_and_invariants(definitions), arguments.output)


if __name__ == "__main__":
    main()
