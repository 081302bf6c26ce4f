"""HL7's 5,306 R4 examples: read, and written back equal as JSON values, digits of decimals included."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from benchside.fhir import Invalid, read, write
from benchside.fhir.examination import examine

from .refused import REFUSED

PARTS = 8
EXAMPLES = 5_306
_values = msgspec.json.Decoder(float_hook=lambda text: Decimal(text).as_tuple())


def files(folder: Path) -> list[Path]:
    """List the examples; package.json and the index are not resources."""
    return sorted(path for path in folder.glob("*.json") if path.name not in ("package.json", ".index.json"))


def with_digits(raw: bytes) -> Any:
    """Read JSON so that 4.10 and 4.1 differ."""
    return _values.decode(raw)


def test_the_package_has_all_examples(examples: Path) -> None:
    assert len(files(examples)) == EXAMPLES


def test_every_refused_example_is_there(examples: Path) -> None:
    assert set(REFUSED) <= {path.name for path in files(examples)}


@pytest.mark.parametrize("part", range(PARTS))
def test_read_and_written_back_equal(examples: Path, part: int) -> None:
    refused: dict[str, str] = {}
    for path in files(examples)[part::PARTS]:
        raw = path.read_bytes()
        try:
            resource = read(raw)
        except Invalid as error:
            refused[path.name] = error.faults[0].path
            continue
        assert with_digits(write(resource)) == with_digits(raw), path.name
    listed = {path.name for path in files(examples)[part::PARTS]} & set(REFUSED)
    assert refused == {name: REFUSED[name][0] for name in listed}


def test_the_second_look_refuses_the_same_examples(examples: Path) -> None:
    chosen = [path for path in files(examples) if path.name in REFUSED] + files(examples)[3::40]
    for path in chosen:
        faults = examine(path.read_bytes())
        assert bool(faults) == (path.name in REFUSED), (path.name, faults[:3])
