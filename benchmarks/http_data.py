"""Load the record that `benchmarks/http.py` measures; run as a program of its own, under the environment of one engine.

Prints what the load needs to know as one line of JSON.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

PATIENTS = 50
RATES_A_PATIENT = 20
READS = 500
BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)


def main() -> None:
    """Migrate, import, add patients with 20 heart rates each, and make a token."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from benchmarks.importing import data_folder
    from benchside.accounts.models import System
    from benchside.accounts.tokens import make_token
    from benchside.fhir import read
    from benchside.record import Attribution
    from benchside.record.importing import import_files, import_resources
    from benchside.record.site import site_record

    record, who = site_record(), Attribution(author="urn:benchside:benchmark", act="benchmark.load")
    files = sorted(data_folder().glob("*.json"), key=lambda file: (not file.name.startswith("hospital"), file.name))
    report = import_files(record, files, who, clock=lambda: datetime.now(UTC))
    if report.failures:
        raise RuntimeError(f"{len(report.failures)} bundles could not be imported: {report.failures[0]}")
    added = [read(msgspec.json.encode(resource)) for resource in _patients()]
    import_resources(record, added, who, at=datetime.now(UTC))
    system = System.objects.create(name="benchmark", roles=["system.interface"])
    token = make_token(system, purpose="benchmark", at=datetime.now(UTC)).text
    rows = record.engine.rows("SELECT type, id FROM record_resource WHERE type = 'Observation' ORDER BY self LIMIT ?", (READS,))
    prepared = {
        "token": token,
        "reads": [f"/fhir/{kind}/{resource_id}" for kind, resource_id in rows],
        "searches": [
            f"/fhir/Observation?patient=bench-{number}&code=http://loinc.org|8867-4&date=ge2026-01-01" for number in range(PATIENTS)
        ],
        "observation": _rate(0, 0) | {"id": None},
        "resources": report.resources + len(added),
    }
    prepared["observation"].pop("id")
    sys.stdout.write("\n" + msgspec.json.encode(prepared).decode() + "\n")


def _patients() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(PATIENTS):
        found.append({"resourceType": "Patient", "id": f"bench-{number}", "name": [{"family": "Bench", "given": [str(number)]}]})
        found += [_rate(number, minute) for minute in range(RATES_A_PATIENT)]
    return found


def _rate(patient: int, minute: int) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"bench-{patient}-{minute}",
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "vital-signs",
                        "display": "vital-signs",
                    }
                ]
            }
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}], "text": "Heart rate"},
        "subject": {"reference": f"Patient/bench-{patient}"},
        "effectiveDateTime": (BEGIN + timedelta(minutes=minute)).isoformat(),
        "issued": (BEGIN + timedelta(minutes=minute)).isoformat(timespec="milliseconds"),
        "valueQuantity": {"value": 60 + minute, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
    }


if __name__ == "__main__":
    main()
