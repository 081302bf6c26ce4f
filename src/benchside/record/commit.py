"""One act, one commit: any number of resources written together or not at all.

What can be worked out beforehand (index rows, references) is worked out before the write lock is taken; under the
lock come the checks against what is there, the numbering, the rows and the link of the chain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from benchside.fhir import Fault, r4, write
from benchside.fhir.references import reference_elements, references
from benchside.fhir.search.extraction import index_values
from benchside.record import chain, dangling, rows
from benchside.record.attribution import Attribution
from benchside.record.engine import Engine
from benchside.record.errors import (
    DanglingReferences,
    Gone,
    NotFound,
    RecordRefusal,
    Referenced,
    VersionConflict,
)
from benchside.record.keys import instant, microseconds, word
from benchside.record.parameter_numbers import patient_id, reference_numbers
from benchside.record.reindexing import INDEX_TABLES
from benchside.record.resource_id import new_id
from benchside.record.stored import Stored

if TYPE_CHECKING:
    from benchside.record.policy import Policy

_KNOWN = "SELECT self, key, type, id, version, deleted, patient FROM record_resource WHERE self IN ({marks})"
_HEAD = "SELECT number, recorded, hash, resource_key, version_key FROM record_head"
_IN_MAX = 500


@dataclass(slots=True)
class _Known:
    """A resource as it stands in the database."""

    key: int
    type: str
    id: str
    version: int
    deleted: bool
    patient: int


@dataclass(slots=True)
class Staged:
    """One write waiting for the end of the commit."""

    type: str
    id: str
    self: int
    method: str
    resource: r4.AnyResource | None
    if_match: int | None = None
    must_exist: bool = False
    index: rows.IndexRows | None = None
    patient: str | None = None
    targets: set[str] = field(default_factory=set[str])
    """`Type/id` of every resource of this record it points to."""
    stored: Stored | None = None


class Commit:
    """Collects writes; `Record.commit` ends it. Reading back before the end shows the record as it was."""

    def __init__(self, engine: Engine, attribution: Attribution, at: datetime, policy: Policy) -> None:
        self._engine = engine
        self._attribution = attribution
        self._at_us = microseconds(at) // 1000 * 1000
        self._policy = policy
        self._staged: dict[int, Staged] = {}

    @property
    def writes(self) -> int:
        """How many resources this commit will write."""
        return len(self._staged)

    def create(self, resource: r4.AnyResource, *, id: str | None = None) -> Staged:
        """Add a new resource, under a new id or under `id`, which must not be in use."""
        return self._stage("POST", resource, id or new_id(), if_match=0)

    def update(
        self,
        resource: r4.AnyResource,
        *,
        if_match: int | None = None,
        must_exist: bool = False,
    ) -> Staged:
        """Write a new version of `resource` (by its id); a first one if there is none, unless `must_exist`.

        `if_match` is the version the change was made on; at the end of the commit VersionConflict is raised
        when the record has another.
        """
        if not resource.id:
            message = "A resource is updated by its id, and this one has none."
            raise RecordRefusal(message)
        return self._stage("PUT", resource, resource.id, if_match=if_match, must_exist=must_exist)

    def delete(self, type: str, id: str, *, if_match: int | None = None) -> Staged:
        """End a resource. Its versions stay; references to it must be gone by the end of the commit."""
        self_hash = word(f"{type}/{id}")
        return self._add(Staged(type, id, self_hash, "DELETE", None, if_match=if_match, must_exist=True))

    def _stage(
        self,
        method: str,
        resource: r4.AnyResource,
        id_: str,
        *,
        if_match: int | None,
        must_exist: bool = False,
    ) -> Staged:
        type_ = type(resource).resourceType
        resource.id = id_
        staged = Staged(
            type_,
            id_,
            word(f"{type_}/{id_}"),
            method,
            resource,
            if_match=if_match,
            must_exist=must_exist,
        )
        return self._add(staged)

    def _add(self, staged: Staged) -> Staged:
        if staged.self in self._staged:
            message = f"{staged.type}/{staged.id} is written twice in one commit; write it once."
            raise RecordRefusal(message)
        self._staged[staged.self] = staged
        return staged

    def prepare(self) -> None:
        """Work out all that needs no lock. Called by `Record.commit` at the end of the block."""
        for staged in self._staged.values():
            if staged.resource is None:
                continue
            values = index_values(staged.resource, self._policy.zone)
            staged.index = rows.index_rows(values)
            staged.patient = patient_id(staged.type, staged.id, values)
            found = (local_target(reference.reference) for reference in reference_elements(staged.resource))
            staged.targets = {target for target in found if target is not None}

    def finish(self) -> list[Stored]:
        """Check and write everything. The caller holds the write lock and ends the transaction."""
        if not self._staged:
            return []
        known, head, waiting = self._found()
        self._check_versions(known)
        lost = self._check_references(known)
        return self._write(known, head, lost, waiting=waiting)

    # What is there already

    def _found(self) -> tuple[dict[int, _Known], _Head, bool]:
        """What the record holds of what is written or pointed to, the end of its chain, and whether any reference dangles."""
        wanted = set(self._staged)
        for staged in self._staged.values():
            wanted.update(word(target) for target in staged.targets)
            if staged.patient:
                wanted.add(word(f"Patient/{staged.patient}"))
        hashes = list(wanted)
        parts = [hashes[begin : begin + _IN_MAX] for begin in range(0, len(hashes), _IN_MAX)]
        asked = [(_KNOWN.format(marks=",".join("?" * len(part))), part) for part in parts]
        (head,), dangling_any, *pages = self._engine.rows_of_each([(_HEAD, ()), (dangling.ANY, ()), *asked])
        known = {row[0]: _Known(row[1], row[2], row[3], row[4], bool(row[5]), row[6]) for page in pages for row in page}
        recorded = max(self._at_us, int(head[1]))
        return known, _Head(int(head[0]) + 1, recorded, bytes(head[2]), int(head[3]), int(head[4])), bool(dangling_any)

    def _check_versions(self, known: dict[int, _Known]) -> None:
        for staged in self._staged.values():
            now = known.get(staged.self)
            if now is not None and (now.type, now.id) != (staged.type, staged.id):
                message = f"{staged.type}/{staged.id} cannot be told from {now.type}/{now.id}; give it another id."
                raise RecordRefusal(message)
            if now is None and staged.must_exist:
                raise NotFound(staged.type, staged.id)
            if now is not None and now.deleted and staged.method == "DELETE":
                raise Gone(staged.type, staged.id, now.version)
            found = 0 if now is None else now.version
            if staged.if_match is not None and staged.if_match != found:
                raise VersionConflict(staged.type, staged.id, staged.if_match or None, found or None)

    def _check_references(self, known: dict[int, _Known]) -> list[tuple[Staged, str, str]]:
        """Refuse references to what is not there (or list them, where the policy allows), and broken deletions."""
        missing: list[tuple[Staged, str, str]] = []
        for staged in self._staged.values():
            lost = {target for target in staged.targets if not self._alive(word(target), known)}
            if lost and staged.resource is not None:
                paths = ((path, local_target(reference.reference)) for path, reference in references(staged.resource))
                missing += [(staged, path, target) for path, target in paths if target is not None and target in lost]
        if missing and not self._policy.dangling_allowed:
            message = "{} is not in the record. Send it first, or in the same transaction."
            raise DanglingReferences(tuple(Fault(path, "not-found", message.format(target)) for _, path, target in missing))
        for staged in self._staged.values():
            now = known.get(staged.self)
            if staged.method == "DELETE" and now is not None:
                self._check_unreferenced(staged)
        return missing

    def _alive(self, target: int, known: dict[int, _Known]) -> bool:
        here, there = self._staged.get(target), known.get(target)
        return here.method != "DELETE" if here else there is not None and not there.deleted

    def _check_unreferenced(self, staged: Staged) -> None:
        numbers = reference_numbers()
        pointing = self._engine.rows(
            "SELECT DISTINCT r.type, r.id, r.self FROM record_token t JOIN record_resource r ON r.key = t.resource "
            f"WHERE t.value = ? AND t.parameter IN ({','.join('?' * len(numbers))}) LIMIT 200",
            (staged.self, *numbers),
        )
        left = tuple(f"{row[0]}/{row[1]}" for row in pointing if row[2] not in self._staged)
        if left:
            raise Referenced(staged.type, staged.id, left[:20])

    # Writing

    def _write(self, known: dict[int, _Known], head: _Head, lost: list[tuple[Staged, str, str]], *, waiting: bool) -> list[Stored]:
        versions, current = self._new_rows(known, head)
        stored = [staged.stored for staged in self._staged.values() if staged.stored is not None]
        more = waiting or bool(lost)
        with self._engine.together(last=not more):
            self._write_current(known, current)
            self._engine.insert("record_version", _VERSION_COLUMNS, versions)
            self._write_index(known)
            self._policy.views.follow(
                self._engine,
                [(s.key, staged.resource) for s, staged in zip(stored, self._staged.values(), strict=True)],
                {s.key for s in stored if s.version == 1},
            )
            self._write_commit(head, stored)
        if more:
            written = [known[self_].key for self_ in self._staged]
            arrived = [staged.self for staged in self._staged.values() if staged.method != "DELETE"]
            missing = [(known[staged.self].key, path, target) for staged, path, target in lost]
            dangling.note(self._engine, written, arrived, missing, self._policy.zone)
        return stored

    def _new_rows(self, known: dict[int, _Known], head: _Head) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        """Number the writes: the rows of their versions, and of where each resource stands now."""
        text = instant(head.recorded)
        for staged in self._staged.values():  # keys first: a resource may belong to a patient written after it
            if staged.self not in known:
                head.resource_key += 1
                known[staged.self] = _Known(head.resource_key, staged.type, staged.id, 0, False, 0)
        versions: list[tuple[object, ...]] = []
        current: list[tuple[object, ...]] = []
        for staged in self._staged.values():
            now = known[staged.self]
            head.version_key += 1
            version = now.version + 1
            content = _content(staged.resource, version, text)
            now.patient = _patient_key(staged, known, now)
            versions.append((head.version_key, now.key, version, staged.type, head.number, head.recorded, staged.method, content))
            index = staged.index or rows.IndexRows()
            current.append(
                (now.key, staged.self, staged.type, staged.id, version, head.version_key, head.recorded,
                 int(staged.method == "DELETE"), now.patient, index.start, index.stop)
            )  # fmt: skip
            staged.stored = Stored(
                staged.type, staged.id, version, head.recorded, staged.method == "DELETE", content, now.key, head.number,
                staged.method,
            )  # fmt: skip
        return versions, current

    def _write_current(self, known: dict[int, _Known], current: list[tuple[object, ...]]) -> None:
        fresh = [row for row in current if row[4] == 1]
        self._engine.insert("record_resource", _RESOURCE_COLUMNS, fresh)
        for row in current:
            if row[4] == 1:
                continue
            self._engine.run(
                "UPDATE record_resource SET version = ?, version_key = ?, recorded = ?, deleted = ?, patient = ?, "
                "start = ?, stop = ? WHERE key = ?",
                (*row[4:], row[0]),
            )
        changed = [known[staged.self].key for staged in self._staged.values() if known[staged.self].version > 0]
        for table in INDEX_TABLES:
            for begin in range(0, len(changed), _IN_MAX):
                part = changed[begin : begin + _IN_MAX]
                self._engine.run(
                    f"DELETE FROM {table} WHERE resource IN ({','.join('?' * len(part))})",
                    part,
                )

    def _write_index(self, known: dict[int, _Known]) -> None:
        batch = rows.IndexBatch()
        for staged in self._staged.values():
            now = known[staged.self]
            if staged.index is not None:
                batch.add(staged.index, now.key, now.patient)
        batch.write(self._engine)

    def _write_commit(self, head: _Head, stored: list[Stored]) -> None:
        a = self._attribution
        columns = (
            head.number,
            head.recorded,
            a.author,
            a.device,
            a.on_behalf_of,
            a.act,
            a.reason,
        )
        versions = ((s.type, s.id, s.version, s.method, s.content) for s in stored)
        hash_ = chain.link(head.hash, columns, versions)
        self._engine.insert("record_commit", _COMMIT_COLUMNS, [(*columns, hash_)])
        self._engine.run(
            "UPDATE record_head SET number = ?, recorded = ?, hash = ?, resource_key = ?, version_key = ?",
            (head.number, head.recorded, hash_, head.resource_key, head.version_key),
        )


@dataclass(slots=True)
class _Head:
    number: int
    recorded: int
    hash: bytes
    resource_key: int
    version_key: int


_VERSION_COLUMNS = (
    "key",
    "resource",
    "version",
    "type",
    "number",
    "recorded",
    "method",
    "content",
)
_RESOURCE_COLUMNS = (
    "key", "self", "type", "id", "version", "version_key", "recorded", "deleted", "patient", "start", "stop",
)  # fmt: skip
_COMMIT_COLUMNS = (
    "number",
    "recorded",
    "author",
    "device",
    "on_behalf_of",
    "act",
    "reason",
    "hash",
)


def local_target(reference: str | None) -> str | None:
    """`Type/id` of a reference to a resource of this record; None for contained, absolute and logical ones."""
    if not reference or reference[0] == "#" or ":" in reference or "?" in reference:
        return None
    parts = reference.split("/")
    return f"{parts[0]}/{parts[1]}" if len(parts) >= 2 else None


def _content(resource: r4.AnyResource | None, version: int, recorded: str) -> bytes:
    if resource is None:
        return b""
    number = str(version)
    if resource.meta is None:
        resource.meta = r4.Meta(versionId=number, lastUpdated=recorded)
    else:
        meta = resource.meta
        meta.versionId, meta.lastUpdated = number, recorded
        meta.versionId_element = meta.lastUpdated_element = None
    return write(resource)


def _patient_key(staged: Staged, known: dict[int, _Known], now: _Known) -> int:
    if staged.method == "DELETE":
        return now.patient
    there = known.get(word(f"Patient/{staged.patient}")) if staged.patient else None
    return there.key if there else 0
