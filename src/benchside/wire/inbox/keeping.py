"""Keep what came, many arrivals in one transaction: who waits for the commit shares its cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction

from benchside.record.engine import Engine
from benchside.wire.inbox.models import CONTROL_ID_CHARACTERS_MAX, Received

REUSED = "The sender used the control id {} before, for another message. Compare the two before this one is replayed."
_COLUMNS = ("link", "control_id", "digest", "raw", "received_us", "state", "reason", "again")
_SEEN = "SELECT id, link, control_id, digest FROM wire_received WHERE link = ? AND control_id IN ({marks})"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that came over `link`. `reason` says why nobody can use it as it is; "" when it may be taken up.

    `control_id` is the sender's own name for it, "" where it has none: only with a name can it be known again.
    """

    link: str
    raw: bytes
    received_us: int
    control_id: str = ""
    reason: str = ""


def keep(engine: Engine, arrivals: Sequence[Arrival]) -> None:
    """Write the arrivals in their order, in one transaction, and return when it is committed. Raises what the database raises.

    The same content under the same control id is counted on the row that is there. Other content under a used control id is held.
    """
    with transaction.atomic(using=engine.alias):
        seen = _seen(engine, arrivals)
        rows: list[tuple[str, str, str, bytes, int, str, str, int]] = []
        again: list[tuple[str, str, str]] = []
        for arrival in arrivals:
            control_id = arrival.control_id[:CONTROL_ID_CHARACTERS_MAX]
            digest, known = sha256(arrival.raw).hexdigest(), seen.get((arrival.link, control_id))
            if known is not None and digest in known:
                again.append((arrival.link, control_id, digest))
                continue
            reason = arrival.reason or (REUSED.format(control_id) if known else "")
            state = Received.HELD if reason else Received.WAITING
            rows.append((arrival.link, control_id, digest, arrival.raw, arrival.received_us, state, reason, 0))
            if control_id:
                seen.setdefault((arrival.link, control_id), set()).add(digest)
        engine.insert("wire_received", _COLUMNS, rows)
        engine.run_many("UPDATE wire_received SET again = again + 1 WHERE link = ? AND control_id = ? AND digest = ?", again)


def _seen(engine: Engine, arrivals: Sequence[Arrival]) -> dict[tuple[str, str], set[str]]:
    """The digests of what came before under the control ids of these arrivals."""
    asked: dict[str, set[str]] = {}
    for arrival in arrivals:
        if arrival.control_id:
            asked.setdefault(arrival.link, set()).add(arrival.control_id[:CONTROL_ID_CHARACTERS_MAX])
    seen: dict[tuple[str, str], set[str]] = {}
    for link, names in asked.items():
        for _, own, name, digest in engine.rows(_SEEN.format(marks=",".join("?" * len(names))), (link, *sorted(names))):
            seen.setdefault((own, name), set()).add(digest)
    return seen
