"""Writing the whole record out as NDJSON files."""

from pathlib import Path
from typing import Final

from benchside.cli.progress import Step
from benchside.fhir.r4.names import RESOURCE_NAMES
from benchside.fhir.search.criteria import Search
from benchside.record import Record

PAGE: Final = 1000
FILE_MODE: Final = 0o600


class UnknownTypes(ValueError):
    """There is no R4 resource of such a name. Names are case-sensitive, for example Observation."""


def write_all(record: Record, folder: Path, types: tuple[str, ...], progress: Step) -> dict[str, int]:
    """Write every current resource of `types` (empty: all) to `folder`/Type.ndjson; return how many of each.

    Types without resources get no file. Raises UnknownTypes before anything is written.
    """
    unknown = sorted(set(types) - RESOURCE_NAMES)
    if unknown:
        raise UnknownTypes(f"There is no R4 resource named {', '.join(unknown)}. Names are case-sensitive, for example Observation.")
    totals = {name: record.count(Search(types=(name,))) for name in sorted(types or RESOURCE_NAMES)}
    in_all, done = sum(totals.values()), 0
    counts: dict[str, int] = {}
    for name, total in totals.items():
        if not total:
            continue
        path = folder / f"{name}.ndjson"
        path.touch(mode=FILE_MODE, exist_ok=False)
        counts[name] = 0
        with path.open("wb") as file:
            cursor: str | None = None
            while True:
                page = record.search(Search(types=(name,), count=PAGE, total="none", cursor=cursor))
                for stored in page.matches:
                    file.write(stored.content + b"\n")
                counts[name] += len(page.matches)
                done += len(page.matches)
                progress(done, in_all)
                cursor = page.next_cursor
                if cursor is None:
                    break
    return counts
