"""transaction: all entries or none, in FHIR's order, references between them resolved.

How: (1) check every entry and name all faults; (2) find where each entry will be kept; (3) rewrite references to those
places; (4) ask the gate about everything and
write it in one commit of the record; (5) answer the reads from what is then there.
A transaction that rests on a search (a condition) or reads holds the record's write lock from (2) on.
Source: https://hl7.org/fhir/R4/http.html#trules
"""

import re
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from benchside.accounts.scopes import permits
from benchside.fhir import Fault, Invalid, r4, read
from benchside.record import Stored
from benchside.record.resource_id import new_id
from benchside.wire.fhir_api import access, bundles, conditions, deleting, patching, signin, updating, writing
from benchside.wire.fhir_api.bundle_entries import Asked, Envelope, asked, entry_call, write_faults
from benchside.wire.fhir_api.call import Answer, Call
from benchside.wire.fhir_api.gate.asking import needs_turn
from benchside.wire.fhir_api.linking import Linker
from benchside.wire.fhir_api.presenting import presented
from benchside.wire.fhir_api.problems import BadRequest, PreconditionFailed, Problem, SeveralMatch

if TYPE_CHECKING:
    from benchside.wire.fhir_api.gate.asking import Writes
    from benchside.wire.fhir_api.gate.change import Change, Method

ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 2, "GET": 3, "HEAD": 3}
CONDITIONAL_REFERENCE = re.compile(rb'"reference"\s*:\s*"[A-Za-z]+\?')
READS = frozenset({"GET", "HEAD"})
METHODS: dict[str, "Method"] = {"POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
LETTERS = {"POST": "c", "PUT": "u", "PATCH": "u", "DELETE": "d"}


class Planned:
    """One entry on its way: what it asks for, where it will be kept, what became of it."""

    __slots__ = ("answer", "asked", "call", "changes", "existing", "notes", "place")

    def __init__(self, one: Asked, call: Call) -> None:
        self.asked = one
        self.call = call
        self.place: str | None = None
        """"Type/id" of what a POST or PUT will write, or of what is there already."""
        self.existing: Stored | None = None
        self.changes: list[Change] = []
        self.notes = b""
        self.answer: Answer | None = None


def transaction(call: Call, envelope: Envelope) -> Answer:
    """Carry out the transaction in the body; raises the first refusal, with nothing written."""
    bundle: Any = read(call.body, "Bundle")
    plan = _checked_plan(call, envelope, bundle)
    writes = [one for one in plan if one.asked.method not in READS]
    alone = len(writes) < len(plan) or any(_rests_on_search(one) for one in writes) or CONDITIONAL_REFERENCE.search(call.body)
    with call.record.serialised() if alone else nullcontext():
        if writes:
            _write(call, writes)
        for one in plan:
            if one.asked.method in READS:
                one.answer = _read(call, one)
    shows = call.preferences.return_ == "representation"
    entries = (bundles.answered_entry(_answer(one), call.base, with_resource=shows or one.asked.method in READS) for one in plan)
    return Answer(200, bundles.bundle("transaction-response", entries), "Bundle", presented=True)


def _checked_plan(call: Call, envelope: Envelope, bundle: r4.Bundle) -> list[Planned]:
    """Every entry taken apart; raises Invalid with the faults of all, NotPermitted with all missing scopes."""
    plan: list[Planned] = []
    faults: list[Fault] = []
    for number, (entry, sent) in enumerate(zip(envelope.entry, bundle.entry or (), strict=True)):
        try:
            one = asked(number, entry, call.base)
        except Invalid as invalid:
            faults += invalid.faults
            continue
        one.resource = sent.resource
        if one.method not in READS:
            faults += write_faults(one, has_resource=sent.resource is not None)
            faults += _kind_faults(one)
        body = bytes(entry.resource) if one.method == "PATCH" else b""
        plan.append(Planned(one, entry_call(call, one, body)))
    if faults:
        raise Invalid(faults)
    needed = {(one.asked.type, LETTERS[one.asked.method]) for one in plan if one.asked.method not in READS}
    missing = [(kind, letter) for kind, letter in sorted(needed) if not permits(call.principal, kind, letter)]
    if missing:
        signin.refuse(call.principal, missing)
    return plan


def _kind_faults(one: Asked) -> list[Fault]:
    if one.resource is None or one.method not in {"POST", "PUT"} or not one.segments:
        return []
    kind = type(one.resource).__name__
    if kind != one.type:
        return [Fault(f"{one.path}.resource", "invalid", f"The resource is a {kind}, but the url names {one.type[:60]}.")]
    if one.method == "PUT" and len(one.segments) == 2 and one.resource.id != one.segments[1]:
        message = f"The id in the resource is {one.resource.id}, in the url {one.segments[1]}; they must be the same."
        return [Fault(f"{one.path}.resource.id", "value", message)]
    return []


def _rests_on_search(one: Planned) -> bool:
    request = one.asked.request
    return request.ifNoneExist is not None or bool(one.asked.pairs) or one.asked.method == "PATCH"


def _write(call: Call, writes: list[Planned]) -> None:
    """Stage every write and commit them as one act."""
    for one in writes:
        _place(one)
    _require_each_once(writes)
    _link(call, writes)
    turn = any(needs_turn(call, METHODS[one.asked.method], one.asked.type, one.asked.resource) for one in writes)
    with writing.committing(call, alone=turn) as collected:
        for one in sorted(writes, key=lambda planned: ORDER[planned.asked.method]):
            collected.path = f"{one.asked.path}.resource" if one.asked.resource is not None else one.asked.path
            one.changes = _collected(one, collected)
    for one in writes:
        if one.changes and one.asked.method != "DELETE":
            one.notes = writing.notes_on(call, collected, writing.stored_by(one.changes[0]))


def _place(one: Planned) -> None:
    """Decide where a POST or PUT will be kept: at an id of ours, at the client's, or where its condition says."""
    method, resource, kind = one.asked.method, one.asked.resource, one.asked.type
    if method == "POST":
        if one.call.if_none_exist is not None:
            pairs = conditions.condition_pairs(one.call.if_none_exist, kind)
            one.existing = _prefixed(one, lambda: conditions.selected(one.call, kind, pairs))
        resource.id = one.existing.id if one.existing is not None else new_id()
        one.place = f"{kind}/{resource.id}"
    elif method == "PUT" and one.asked.pairs:
        pairs = conditions.filtering(one.asked.pairs, one.asked.request.url)
        match = _prefixed(one, lambda: conditions.selected(one.call, kind, pairs))
        if match is not None and resource.id not in {None, match.id}:
            raise BadRequest(f"{one.asked.path}: the condition selects {match.reference}, but the resource has the id {resource.id}.")
        if match is not None:
            resource.id = match.id
        elif resource.id is None:
            resource.id = new_id()
        one.place = f"{kind}/{resource.id}"
    elif len(one.asked.segments) == 2:
        one.place = "/".join(one.asked.segments)


def _prefixed(one: Planned, select: Any) -> Any:
    try:
        return select()
    except SeveralMatch as several:
        raise SeveralMatch(*(f"{one.asked.path}: {fault.message}" for fault in several.faults)) from None


def _require_each_once(writes: list[Planned]) -> None:
    """Raise Invalid when two entries write the same resource: FHIR lets the order of a bundle mean nothing."""
    first: dict[str, Planned] = {}
    faults: list[Fault] = []
    for one in writes:
        if one.place is None or one.existing is not None:
            continue
        other = first.setdefault(one.place, one)
        if other is not one:
            message = f"{one.place} is written by entry {other.asked.number} too; a transaction may write each resource once."
            faults.append(Fault(f"{one.asked.path}.request.url", "duplicate", message))
    if faults:
        raise Invalid(faults)


def _link(call: Call, writes: list[Planned]) -> None:
    """Rewrite the references between entries, and conditional ones; raises Invalid with all that lead nowhere."""
    places = {
        one.asked.full_url: one.place
        for one in writes
        if one.asked.full_url and one.place is not None and one.asked.method in {"POST", "PUT"}
    }

    def select(kind: str, query: str) -> str:
        try:
            found = conditions.selected(call, kind, conditions.condition_pairs(query, kind))
        except Problem as problem:
            raise ValueError("; ".join(fault.message for fault in problem.faults)) from problem
        if found is None:
            raise ValueError(f"No {kind} fits {query[:200]}; a conditional reference must select one resource.")
        return found.reference

    linker = Linker(places, select)
    linked = [one for one in writes if one.asked.method in {"POST", "PUT"} and one.existing is None]
    for one in linked:
        linker.link(one.asked.resource, one.asked.full_url, f"{one.asked.path}.resource")
    if linker.faults:
        raise Invalid(linker.faults)
    # Every fullUrl stands once as such; what the bundle says beyond that and beyond its References is an address or a narrative.
    mentions = call.body.count(b"urn:uuid:") - len(places)
    if mentions > linker.rewritten or any(url.startswith("http") for url in places):
        for one in linked:
            linker.link_addresses(one.asked.resource, one.asked.full_url)


def _collected(one: Planned, writes: "Writes") -> "list[Change]":
    match one.asked.method:
        case "POST":
            if one.existing is not None:
                return []
            access.require_writable_in_scope(one.call, one.asked.resource, "c")
            return [writes.create(one.asked.resource, id=one.asked.resource.id)]
        case "PUT":
            return [updating.put(one.call, writes, one.asked.resource)]
        case "PATCH":
            return [patching.stage_entry(one.call, writes)]
        case _:
            return _deletions(one, writes)


def _deletions(one: Planned, writes: "Writes") -> "list[Change]":
    if one.asked.pairs:
        matches = deleting.selected(one.call, conditions.filtering(one.asked.pairs, one.asked.request.url))
        return [writes.delete(match.type, match.id) for match in matches]
    access.require_id_in_scope(one.call, "d")
    if not deleting.is_there(one.call):
        return []
    return [writes.delete(one.call.resource_type, one.call.id, if_match=writing.version_wanted(one.call))]


def _read(call: Call, one: Planned) -> Answer:
    answer = presented(one.call, call.dispatch(one.call))
    if answer.status >= 400:
        raise PreconditionFailed(f"{one.asked.path}: {one.asked.method} {one.asked.request.url[:200]} answered {answer.status}.")
    return answer


def _answer(one: Planned) -> Answer:
    if one.answer is not None:
        return one.answer
    if one.existing is not None:
        return writing.written(one.call, one.existing, 200)
    stored = [writing.stored_by(change) for change in one.changes]
    if one.asked.method == "DELETE":
        return deleting.deleted(one.call, stored)
    return writing.written(one.call, stored[0], 201 if stored[0].version == 1 else 200, one.notes)
