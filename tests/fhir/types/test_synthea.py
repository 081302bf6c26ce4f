"""Synthea's R4 bundles are read whole and written back equal."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from benchside.fhir import Invalid, r4, read, write

# Causes of refusal, by bundle. There are none.
REFUSED: dict[str, list[str]] = {}

_values = msgspec.json.Decoder(float_hook=lambda text: Decimal(text).as_tuple())


def test_bundles(synthea: Path) -> None:
    refused: dict[str, list[str]] = {}
    resources = 0
    paths = sorted(synthea.glob("*.json"))
    assert paths
    for path in paths:
        raw = path.read_bytes()
        try:
            bundle = read(raw, "Bundle")
        except Invalid as error:
            refused[path.name] = [str(fault) for fault in error.faults]
            continue
        assert isinstance(bundle, r4.Bundle)
        resources += len(bundle.entry or ())
        back: Any = _values.decode(write(bundle))
        assert back == _values.decode(raw), path.name
    assert refused == REFUSED
    assert resources > 1_000
