"""The generated types are those of HL7's definitions: generated again they are the same, and HL7's own JSON schema has the same properties."""

import json
import subprocess
import sys
from pathlib import Path

from benchside.fhir import r4
from benchside.fhir.r4.elements import elements, path, properties

ROOT = Path(__file__).resolve().parents[3]
R4 = ROOT / "src" / "benchside" / "fhir" / "r4"
BY_HAND = {"elements.py"}

# The schema gives every group a modifierExtension and leaves Meta out of open choices; the StructureDefinitions say otherwise.
SCHEMA_ADDS_MODIFIER_EXTENSION = {
    "DataRequirement_CodeFilter", "DataRequirement_DateFilter", "DataRequirement_Sort", "Dosage_DoseAndRate", "ElementDefinition_Base",
    "ElementDefinition_Binding", "ElementDefinition_Constraint", "ElementDefinition_Example", "ElementDefinition_Mapping",
    "ElementDefinition_Slicing", "ElementDefinition_Type", "SubstanceAmount_ReferenceRange", "Timing_Repeat",
}  # fmt: skip
SCHEMA_LACKS_META = {"ElementDefinition", "ElementDefinition_Example", "Extension", "Parameters_Parameter", "Task_Input", "Task_Output"}


def test_generated_again_nothing_differs(examples: Path, expansions: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tools" / "generate_r4.py"), "--output", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    made = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    kept = {file.name: file.read_text(encoding="utf-8") for file in R4.iterdir() if file.is_file() and file.name not in BY_HAND}
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == []


def test_value_sets_generated_again_do_not_differ(examples: Path, expansions: Path, tmp_path: Path) -> None:
    target = tmp_path / "value_sets.json"
    command = [sys.executable, str(ROOT / "tools" / "generate_terminology.py"), "--output", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == (ROOT / "src/benchside/fhir/terminology/value_sets.json").read_bytes()


def test_properties_are_those_of_the_json_schema(json_schema: Path) -> None:
    definitions = json.loads((json_schema / "fhir.schema.json").read_bytes())["definitions"]
    compared = 0
    for name in r4.TYPES:
        parts = path(name).split(".")
        schema_name = parts[0] + ("_" + "".join(part[0].upper() + part[1:] for part in parts[1:]) if parts[1:] else "")
        if schema_name not in definitions or "properties" not in definitions[schema_name]:
            continue
        theirs = {p for p in definitions[schema_name]["properties"] if not p.startswith("_") and p != "resourceType"}
        ours = set(properties(name))
        if schema_name in SCHEMA_ADDS_MODIFIER_EXTENSION:
            theirs.discard("modifierExtension")
        if schema_name in SCHEMA_LACKS_META:
            ours = {p for p in ours if not p.endswith("Meta")}
        ours.discard("resourceType")  # ExampleScenario.instance has an element of this name.
        assert ours == theirs, name
        compared += 1
    assert compared > 400


def test_every_resource_of_the_schema_is_there(json_schema: Path) -> None:
    schema = json.loads((json_schema / "fhir.schema.json").read_bytes())
    assert set(r4.RESOURCES) == set(schema["discriminator"]["mapping"])


def test_fields_of_structs_are_the_elements() -> None:
    for name, struct in r4.TYPES.items():
        wanted: list[str] = []
        for json_name, (definition, use) in properties(name).items():
            wanted.append(json_name)
            if use.primitive and definition.companion:
                wanted.append(f"_{json_name}")
        assert list(struct.__struct_encode_fields__) == wanted


def test_required_elements_of_the_schema_are_required(json_schema: Path) -> None:
    definitions = json.loads((json_schema / "fhir.schema.json").read_bytes())["definitions"]
    for name in r4.RESOURCES:
        required = set(definitions[name].get("required", [])) - {"resourceType"}
        ours = {element for element, definition in elements(name).items() if definition.min > 0}
        assert required <= ours, name
