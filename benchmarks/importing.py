"""Importing a record of up to a million resources, beside plain inserts of the very same rows.

Bundles are those of BENCHSIDE_DATA/fhir/synthea, again and again with fresh ids. BENCHSIDE_BENCH_RESOURCES sets how
many resources there shall be in the end (1,000,000 by default); the shares are then of that number.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from benchmarks.figures import Figure

NAME = "importing"
METHOD = """
One process, one core. Every bundle is read with full validation, written in one commit with history, the chain's link and
the whole search index, and committed with full sync (SQLite, WAL, synchronous = FULL). Time counts from the bundle's bytes
to the end of its commit; making the copies is not counted. The peer writes the very same rows into the same empty tables
with `executemany`, one transaction with full sync for each bundle, and does nothing else. CPU figures are of the process.
"""
RATE_AIM = 2_500
PEER_AIM = 0.3
GROWTH_AIM = 0.8
PEER_BUNDLES = 40
_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def data_folder() -> Path:
    """Where the Synthea bundles are. Raises FileNotFoundError with words when they are not."""
    folder = Path(os.environ.get("BENCHSIDE_DATA", "../shared/data")) / "fhir" / "synthea"
    if not folder.is_dir():
        raise FileNotFoundError(f"The benchmark needs the Synthea bundles in {folder}; set BENCHSIDE_DATA.")
    return folder


def bundles() -> tuple[bytes, Iterator[bytes]]:
    """The bundle of hospitals and practitioners, and without end copies of the patients' bundles with fresh ids."""
    files = sorted(data_folder().glob("*.json"))
    hospital = next(file for file in files if file.name.startswith("hospital")).read_bytes()
    shared = set(_UUID.findall(hospital))
    sources = [file.read_bytes() for file in files if not file.name.startswith("hospital")]

    def copies() -> Iterator[bytes]:
        number = 0
        while True:
            number += 1
            space, fresh = UUID(int=number), dict[bytes, bytes]()

            def replaced(found: re.Match[bytes], space: UUID = space, fresh: dict[bytes, bytes] = fresh) -> bytes:
                old = found.group()
                if old in shared:
                    return old
                if old not in fresh:
                    fresh[old] = str(uuid5(space, old.decode())).encode()
                return fresh[old]

            yield _UUID.sub(replaced, sources[number % len(sources)])

    return hospital, copies()


@dataclass(slots=True)
class Window:
    """What one stretch of the import took."""

    resources: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0


@dataclass(slots=True)
class Recorded:
    """The rows of each statement of some commits, for the peer."""

    commits: list[list[tuple[str, Sequence[str], list[Any]]]] = field(default_factory=list[list[tuple[str, Sequence[str], list[Any]]]])


def start_django(home: str) -> None:
    """Set Benchside up on an empty SQLite record in `home`."""
    os.environ["BENCHSIDE_HOME"] = home
    os.environ.pop("BENCHSIDE_DATABASE_URL", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchside.site.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def main() -> list[Figure]:
    """Import, measure, compare."""
    home = tempfile.mkdtemp(prefix="benchside-bench-")
    try:
        start_django(home)
        return _measure(int(os.environ.get("BENCHSIDE_BENCH_RESOURCES", "1000000")), Path(home))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _measure(target: int, home: Path) -> list[Figure]:
    from benchside.fhir import r4, read
    from benchside.record import Attribution, Record
    from benchside.record.importing import bundle_resources, import_resources
    from benchside.record.policy import Policy

    record = Record(policy=Policy(dangling_allowed=True))
    who = Attribution("Device/import", "import")
    hospital, copies = bundles()

    def bring(raw: bytes, window: Window) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        bundle = read(raw)
        assert isinstance(bundle, r4.Bundle)
        resources = list(bundle_resources(bundle))
        import_resources(record, resources, who, at=datetime.now(UTC))
        window.wall_s += time.perf_counter() - wall
        window.cpu_s += time.process_time() - cpu
        window.resources += len(resources)

    bring(hospital, Window())
    bring(next(copies), Window())  # reading tables and compiling statements once
    recorded, peer = _peer(record, bring, copies, home)
    done = int(record.engine.rows("SELECT count(*) FROM record_resource")[0][0])
    early, late = Window(), Window()
    edges = (target * 45 // 1000, target * 55 // 1000, target * 95 // 100)
    while done < target:
        window = early if edges[0] <= done < edges[1] else late if done >= edges[2] else Window()
        before = window.resources
        bring(next(copies), window)
        done += window.resources - before
    size = (home / "benchside.sqlite3").stat().st_size / 2**20
    rates = [window.resources / window.wall_s for window in (early, late)]
    cpu = [window.cpu_s / window.resources * 1e6 for window in (early, late)]
    own = recorded.resources / recorded.wall_s
    near = f"near {target * 5 // 100:,} resources"
    return [
        Figure(f"import rate {near}", rates[0], "resources/s", target=f"at least {RATE_AIM:,}", met=rates[0] >= RATE_AIM),
        Figure(
            f"import rate near {target:,} resources", rates[1], "resources/s", near, rates[0],
            f"at least {GROWTH_AIM} of it", rates[1] >= GROWTH_AIM * rates[0],
        ),
        Figure(
            f"import of {PEER_BUNDLES} bundles", own, "resources/s", "executemany of the same rows", peer,
            f"at least {PEER_AIM} of it", own >= PEER_AIM * peer,
        ),
        Figure(f"CPU for a resource {near}", cpu[0], "us"),
        Figure(f"CPU for a resource near {target:,}", cpu[1], "us", near, cpu[0]),
        Figure("database", size, "MiB"),
    ]  # fmt: skip


def _peer(record: Any, bring: Any, copies: Iterator[bytes], home: Path) -> tuple[Window, float]:
    """Import PEER_BUNDLES with every insert written down, then repeat only the inserts; resources/s of that."""
    import sqlite3

    from benchside.record.engine import Engine, schema_statements
    from benchside.site.databases import SQLITE_PRAGMAS

    own, recorded = Window(), Recorded()
    plain = Engine.insert
    texts: set[Any] = set()

    def noting(engine: Engine, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], **more: bool) -> None:
        kept = [row for row in rows if table != "record_text" or row not in texts]
        texts.update(kept if table == "record_text" else ())
        recorded.commits[-1].append((table, columns, list(kept)))
        plain(engine, table, columns, rows, **more)

    for _ in range(PEER_BUNDLES):
        raw = next(copies)
        recorded.commits.append([])
        setattr(Engine, "insert", noting)  # noqa: B010 - the type checker is right that nobody else should
        bring(raw, Window())
        setattr(Engine, "insert", plain)  # noqa: B010 - as above
    for _ in range(PEER_BUNDLES):  # measured apart: noting the rows down takes time too
        bring(next(copies), own)
    del record
    database = sqlite3.connect(home / "peer.sqlite3", isolation_level=None)
    database.executescript(SQLITE_PRAGMAS)
    for statement in schema_statements("sqlite"):
        database.execute(statement)
    began = time.perf_counter()
    count = 0
    for commit in recorded.commits:
        database.execute("BEGIN IMMEDIATE")
        for table, columns, rows in commit:
            if rows:
                marks = ",".join("?" * len(columns))
                database.executemany(f"INSERT OR IGNORE INTO {table} ({','.join(columns)}) VALUES ({marks})", rows)  # noqa: S608 - the names are ours
            count += len(rows) if table == "record_resource" else 0
        database.execute("COMMIT")
    seconds = time.perf_counter() - began
    database.close()
    return own, count / seconds
