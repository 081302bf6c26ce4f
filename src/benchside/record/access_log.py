"""Who saw what, when and why: every read of patient data, kept and searchable.

A read must not wait for a disk, and must not be forgotten when the process dies right after answering. So it is
appended to a spool file by one `write` (safe from then on against a crash of the process) and taken over into the
database in batches: by the worker every few seconds, and by every search of the log before it looks. Which bytes of
which file have been taken over is written in the same transaction as the rows, so none is lost or taken twice.
A power cut may lose reads of the last second; the acts themselves never depend on this file.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from benchside.record.engine import Engine
from benchside.record.keys import microseconds, moment

TAKE_MAX_BYTES = 8_000_000
"""As much of one spool file is taken over at once."""
KEEP_EMPTIED_S = 3600


class Access(msgspec.Struct, frozen=True, array_like=True):
    """One read. `target` is "Patient/12", "Observation" (a search) or "" (the whole record); `query` as it was asked.

    `patients` are the ids of the patients whose data was shown, at most PATIENTS_MAX of them.
    """

    at_us: int
    person: str
    interaction: str
    target: str
    query: str = ""
    purpose: str = ""
    origin: str = ""
    patients: tuple[str, ...] = ()
    number: int = 0

    @property
    def at(self) -> datetime:
        """When, in UTC."""
        return moment(self.at_us)


PATIENTS_MAX = 1000
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Access)


class AccessLog:
    """The spool in `folder` and the rows in the database. One for a process; threads may share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._file: int | None = None
        self._owner = 0

    def append(self, access: Access) -> None:
        """Keep one read. Raises OSError when it cannot be kept: then nothing must be shown."""
        line = _encoder.encode(access) + b"\n"
        if self._file is None or self._owner != os.getpid():
            self._open()
        assert self._file is not None  # our own invariant: _open sets it or raises
        with self._lock:
            os.write(self._file, line)

    def _open(self) -> None:
        with self._lock:
            if self._file is not None and self._owner == os.getpid():
                return
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            name = self.folder / f"{os.getpid()}-{secrets.token_hex(6)}.jsonl"
            self._file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._owner = os.getpid()

    def take_over(self, engine: Engine, now_s: float) -> int:
        """Bring what the spool holds into the database; how many reads came. Emptied files of old are removed.

        `now_s` is Unix time in seconds.
        """
        taken = 0
        if not self.folder.is_dir():
            return 0
        for file in sorted(self.folder.glob("*.jsonl")):
            while found := self._take(engine, file):
                taken += found
            self._remove_when_done(engine, file, now_s)
        return taken

    def _take(self, engine: Engine, file: Path) -> int:
        with engine.writing():
            known = engine.rows("SELECT bytes FROM record_spool WHERE file = ?", (file.name,))
            begin = int(known[0][0]) if known else 0
            with file.open("rb") as spool:
                spool.seek(begin)
                part = spool.read(TAKE_MAX_BYTES)
            end = part.rfind(b"\n") + 1
            if not end:
                return 0
            entries = [_decoder.decode(line) for line in part[:end].splitlines()]
            _insert(engine, entries)
            engine.run(
                "INSERT INTO record_spool (file, bytes) VALUES (?, ?) ON CONFLICT (file) DO UPDATE SET bytes = excluded.bytes",
                (file.name, begin + end),
            )
        return len(entries)

    def _remove_when_done(self, engine: Engine, file: Path, now_s: float) -> None:
        own = self._file is not None and file.name.startswith(f"{os.getpid()}-")
        state = file.stat()
        if own or now_s - state.st_mtime < KEEP_EMPTIED_S or _alive(int(file.name.partition("-")[0])):
            return
        known = engine.rows("SELECT bytes FROM record_spool WHERE file = ?", (file.name,))
        if known and known[0][0] == state.st_size:
            file.unlink()
            engine.run("DELETE FROM record_spool WHERE file = ?", (file.name,))


def _alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


_COLUMNS = (
    "number",
    "at",
    "person",
    "interaction",
    "target",
    "query",
    "purpose",
    "origin",
)


def _insert(engine: Engine, entries: Sequence[Access]) -> None:
    begin = int(engine.rows("SELECT COALESCE(max(number), 0) FROM record_access")[0][0])
    rows = [
        (
            number,
            e.at_us,
            e.person,
            e.interaction,
            e.target,
            e.query,
            e.purpose,
            e.origin,
        )
        for number, e in enumerate(entries, begin + 1)
    ]
    engine.insert("record_access", _COLUMNS, rows)
    shown = {(patient, number) for number, e in enumerate(entries, begin + 1) for patient in e.patients}
    engine.insert("record_access_patient", ("patient", "number"), sorted(shown))


@dataclass(frozen=True, slots=True)
class AccessQuery:
    """What to look for in the log; None does not narrow. `patient` is a patient's id."""

    person: str | None = None
    patient: str | None = None
    target: str | None = None
    interaction: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    number: int | None = None


def search(engine: Engine, query: AccessQuery, *, count: int = 50, before: int | None = None) -> tuple[list[Access], int, int | None]:
    """Reads that fit, newest first: one page, how many there are in all, and `before` of the next page."""
    conditions, values = ["1 = 1"], list[int | str]()
    for column, value in (
        ("person", query.person),
        ("target", query.target),
        ("interaction", query.interaction),
    ):
        if value is not None:
            conditions.append(f"a.{column} = ?")
            values.append(value)
    if query.number is not None:
        conditions.append("a.number = ?")
        values.append(query.number)
    if query.since is not None:
        conditions.append("a.at >= ?")
        values.append(microseconds(query.since))
    if query.until is not None:
        conditions.append("a.at <= ?")
        values.append(microseconds(query.until))
    if query.patient is not None:
        conditions.append("a.number IN (SELECT p.number FROM record_access_patient p WHERE p.patient = ?)")
        values.append(query.patient)
    total = int(
        engine.rows(
            f"SELECT count(*) FROM record_access a WHERE {' AND '.join(conditions)}",
            values,
        )[0][0]
    )
    if before is not None:
        conditions.append("a.number < ?")
        values.append(before)
    rows = engine.rows(
        "SELECT a.at, a.person, a.interaction, a.target, a.query, a.purpose, a.origin, a.number FROM record_access a "
        f"WHERE {' AND '.join(conditions)} ORDER BY a.number DESC LIMIT {count + 1}",
        values,
    )
    found = [Access(*row[:7], patients=_patients(engine, row[7]), number=row[7]) for row in rows[:count]]
    return found, total, found[-1].number if len(rows) > count else None


def _patients(engine: Engine, number: int) -> tuple[str, ...]:
    rows = engine.rows(
        "SELECT patient FROM record_access_patient WHERE number = ? ORDER BY patient",
        (number,),
    )
    return tuple(row[0] for row in rows)
