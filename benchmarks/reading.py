"""Reading FHIR: ours with every check, beside the `fhir.resources` package, on the same documents in the same process."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.figures import Figure
from benchmarks.importing import data_folder
from benchside.fhir import Invalid, r4, read, restore

NAME: Final = "Reading FHIR R4"
METHOD: Final = """
500 of HL7's own R4 examples, a fixed selection: by type in turn, in the order of their names, none above 64 KB, each sound for both readers.
Ours checks structure, formats, codes, reference targets, narratives, members given twice and all R4 invariants; `fhir.resources` (R4B models,
`model_validate_json`) checks structure, formats and some codes. CPU time of one thread; the two take turns, the best of several rounds counts.
"As sent by programs" is the same selection without narratives, compact; the synthetic patients' records are every n-th resource of the
Synthea bundles in BENCHSIDE_DATA, so mixed as in practice. "Decoding alone" is `restore`, for what was checked before.
"""
DOCUMENTS: Final = 500
DOCUMENT_BYTES_MAX: Final = 64_000
ROUNDS: Final = {"theirs": 2, "ours": 8, "alone": 8}
SLICES: Final = 10
TARGET: Final = 25.0

Reader = Callable[[bytes], Any]


def _examples() -> Path:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
    from fetch_definitions import package_folder  # in tools/, found only after the line above

    return package_folder("hl7.fhir.r4.examples")


def _peer(resource_type: str) -> Reader | None:
    from fhir.resources.R4B import get_fhir_model_class

    try:
        return get_fhir_model_class(resource_type).model_validate_json
    except ValueError:
        return None  # Some resources of R4 are not in R4B.


def _sound(raw: bytes, peer: Reader) -> bool:
    try:
        read(raw)
        peer(raw)
    except (Invalid, ValueError):
        return False
    return True


def selection(folder: Path) -> list[tuple[bytes, Reader]]:
    """Choose the documents, each with the peer's reader of its type."""
    by_type: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.json")):
        resource_type = path.name.partition("-")[0]
        if resource_type in r4.RESOURCES and path.stat().st_size <= DOCUMENT_BYTES_MAX:
            by_type.setdefault(resource_type, []).append(path)
    chosen: list[tuple[bytes, Reader]] = []
    place = 0
    while len(chosen) < DOCUMENTS and any(place < len(paths) for paths in by_type.values()):
        for resource_type, paths in sorted(by_type.items()):
            peer = _peer(resource_type)
            if place < len(paths) and peer is not None and len(chosen) < DOCUMENTS:
                raw = paths[place].read_bytes()
                if _sound(raw, peer):
                    chosen.append((raw, peer))
        place += 1
    return chosen


def records(folder: Path) -> list[tuple[bytes, Reader]]:
    """Choose as many resources out of the bundles of synthetic patients, of each type as often as it occurs."""
    found: list[tuple[bytes, Reader]] = []
    for path in sorted(folder.glob("*.json")):
        for entry in json.loads(path.read_bytes(), parse_float=lambda text: msgspec.Raw(text.encode()))["entry"]:
            peer = _peer(entry["resource"]["resourceType"])
            if peer is not None:
                found.append((msgspec.json.encode(entry["resource"]), peer))
    chosen = found[:: max(1, len(found) // DOCUMENTS)][:DOCUMENTS]
    return [(raw, peer) for raw, peer in chosen if _sound(raw, peer)]


def _without_narrative(raw: bytes) -> bytes:
    document = json.loads(raw, parse_float=lambda text: msgspec.Raw(text.encode()))
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            text = value.get("text")
            if isinstance(text, dict) and "div" in text:
                del value["text"]
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return msgspec.json.encode(document)


def _seconds(readers: dict[str, list[tuple[bytes, Reader]]]) -> dict[str, float]:
    """Time each reader over its documents: slice by slice in turn, the best round of each slice added up."""
    totals = dict.fromkeys(readers, 0.0)
    for part in range(SLICES):
        for name, documents in readers.items():
            mine = documents[part::SLICES]
            best = float("inf")
            for _ in range(ROUNDS[name]):
                began = time.process_time()
                for raw, reader in mine:
                    reader(raw)
                best = min(best, time.process_time() - began)
            totals[name] += best
    return totals


def _figures(label: str, documents: list[tuple[bytes, Reader]], target: float | None) -> list[Figure]:
    ours = [(raw, read) for raw, _ in documents]
    alone = [(raw, restore) for raw, _ in documents]
    seconds = _seconds({"theirs": documents, "ours": ours, "alone": alone})
    rates = {name: len(documents) / taken for name, taken in seconds.items()}
    size = sum(len(raw) for raw, _ in documents) / len(documents)
    goal = "" if target is None else f"at least {target:.0f} times"
    met = None if target is None else rates["ours"] >= target * rates["theirs"]
    return [
        Figure(f"{label}, {len(documents)} of {size / 1000:.1f} kB", rates["ours"], "/s", "fhir.resources", rates["theirs"], goal, met),
        Figure(f"{label}, decoding alone", rates["alone"], "/s", "fhir.resources", rates["theirs"]),
    ]


def main() -> list[Figure]:
    """Measure."""
    documents = selection(_examples())
    lean = [(_without_narrative(raw), peer) for raw, peer in documents]
    lean = [(raw, peer) for raw, peer in lean if _sound(raw, peer)]
    return [
        *_figures("HL7's examples", documents, TARGET),
        *_figures("as sent by programs", lean, None),
        *_figures("synthetic patients' records", records(data_folder()), None),
    ]
