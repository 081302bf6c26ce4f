"""The hash chain: every commit's hash covers its own words, its versions' content and the hash before it.

Change one byte of any version, drop a row or exchange two, and the chain breaks at that commit:
`benchside verify-record` names the first one. Source of the idea: Haber and Stornetta, How to time-stamp a
digital document, Journal of Cryptology 3 (1991).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import msgspec

from benchside.record.engine import Engine, Row

VersionRow = tuple[str, str, int, str, bytes]
"""type, id, version, method, content"""


def link(previous: bytes, head: Sequence[int | str], versions: Iterable[VersionRow]) -> bytes:
    """SHA-256 over the previous hash, the commit's own columns and each version in the order written."""
    digest = hashlib.sha256(previous)
    digest.update(msgspec.json.encode(head))
    for type_, id_, version, method, content in versions:
        digest.update(msgspec.json.encode((type_, id_, version, method)))
        digest.update(hashlib.sha256(content).digest())
    return digest.digest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What walking the chain found. `broken_at` is the first commit that does not fit; None means whole."""

    commits: int
    versions: int
    broken_at: int | None = None
    why: str = ""


_COMMITS = """
SELECT number, recorded, author, device, on_behalf_of, act, reason, hash FROM record_commit
WHERE number > ? ORDER BY number LIMIT ?"""
_VERSIONS = """
SELECT v.number, r.type, r.id, v.version, v.method, v.content, v.type, v.recorded, v.key
FROM record_version v LEFT JOIN record_resource r ON r.key = v.resource
WHERE v.number > ? AND v.number <= ? ORDER BY v.number, v.key"""
_STRAY = "SELECT min(number) FROM record_version WHERE number > ? OR number < 1"
_UNPOINTED = """
SELECT r.type, r.id FROM record_resource r LEFT JOIN record_version v ON v.key = r.version_key
WHERE v.key IS NULL OR v.version <> r.version OR v.resource <> r.key OR v.recorded <> r.recorded
   OR r.deleted <> (CASE WHEN v.method = 'DELETE' THEN 1 ELSE 0 END)
   OR EXISTS (SELECT 1 FROM record_version w WHERE w.resource = r.key AND w.version = r.version + 1)
LIMIT 1"""
_BATCH = 200


def verify(engine: Engine, progress: Callable[[int, int], None] = lambda done, total: None) -> Verdict:
    """Walk the whole chain from the first commit; `progress` is told (commits done, commits in all)."""
    head = engine.rows("SELECT number, hash FROM record_head")[0]
    total, end_hash = int(head[0]), bytes(head[1])
    previous, number, versions = b"", 0, 0
    while number < total:
        commits = engine.rows(_COMMITS, (number, _BATCH))
        if not commits:
            return Verdict(number, versions, number + 1, "the commit is missing")
        rows = engine.rows(_VERSIONS, (number, commits[-1][0]))
        grouped = {key: list(group) for key, group in groupby(rows, key=lambda row: row[0])}
        for commit in commits:
            number += 1
            if commit[0] != number:
                return Verdict(number - 1, versions, number, "the commit is missing")
            own = grouped.get(number, [])
            why = _misfit(previous, commit, own)
            if why:
                return Verdict(number - 1, versions, number, why)
            previous, versions = bytes(commit[7]), versions + len(own)
        progress(number, total)
    return _ending(engine, total, versions, head_fits=previous == end_hash)


def _misfit(previous: bytes, commit: Row, own: list[Row]) -> str:
    if any(row[1] is None for row in own):
        return "a version in it belongs to no resource"
    if any(row[1] != row[6] or row[7] != commit[1] for row in own):
        return "the type or time of a version in it was changed"
    versions = [(row[1], row[2], row[3], row[4], bytes(row[5])) for row in own]
    if link(previous, commit[:7], versions) != bytes(commit[7]):
        return "its words or the content of a version in it were changed, or a version is missing"
    return ""


def _ending(engine: Engine, total: int, versions: int, *, head_fits: bool) -> Verdict:
    if not head_fits:
        return Verdict(
            total,
            versions,
            total + 1,
            "the chain does not end where the record says: commits are missing",
        )
    stray = engine.rows(_STRAY, (total,))[0][0]
    if stray is not None:
        return Verdict(total, versions, int(stray), "versions belong to no commit of the chain")
    unpointed = engine.rows(_UNPOINTED)
    if unpointed:
        type_, id_ = unpointed[0]
        return Verdict(total, versions, total, f"{type_}/{id_} does not show its latest version")
    return Verdict(total, versions)
