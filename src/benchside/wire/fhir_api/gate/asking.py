"""Asking the gate about the writes of one commit, and writing them with what belongs to their acts, or refusing them all.

A program with a scope but without the right is refused here with every reason; a permitted person's write is evidence for
them like any act. An emergency override is not offered at this door, and neither are acts that need a fresh signature: both
want a person in front of a screen.
"""

from dataclasses import dataclass, field
from typing import Any

from benchside.areas.laboratory.acts.arriving import Arriving
from benchside.areas.laboratory.acts.arriving_orders import is_arriving, orders_arrived
from benchside.areas.laboratory.acts.arriving_results import results_arrived
from benchside.fhir import r4, restore
from benchside.readiness.engine import assess
from benchside.readiness.facts import Facts, Performer
from benchside.readiness.performing import Performance, Performed, count_refusal, keep_evidence, site_requirements
from benchside.readiness.requirements import Requirements, package_requirements
from benchside.readiness.staff import MIGRATION_ROLE, performer_of_principal
from benchside.record import Attribution, Gone, NotFound, Stored
from benchside.record.resource_id import new_id
from benchside.terms.refusal import Refusal
from benchside.wire.fhir_api.call import Call
from benchside.wire.fhir_api.gate.change import Change, Method
from benchside.wire.fhir_api.gate.facts import Asked, Gatherer
from benchside.wire.fhir_api.gate.refused import Against, WriteRefused
from benchside.wire.fhir_api.gate.table import Meaning, looks_back, meaning_of

IMPORT = "import_records"
ORDERS, RESULTS = (
    frozenset({"order", "cancel_order", "take_in_order"}),
    frozenset({"enter_result", "verify_result", "amend_result", "cancel_result", "take_in_result", "perform_point_of_care_test"}),
)


def imports(call: Call) -> bool:
    """Whether the caller brings another system's past in, which was asked about when the role was given."""
    return call.principal.kind == "system" and MIGRATION_ROLE in call.principal.roles


def needs_turn(call: Call, method: Method, resource_type: str, resource: Any = None) -> bool:
    """Whether a write rests on what is there, so that the write lock must be held from before it is looked at.

    A system's new resource of most kinds does not: it is worked out beside other writers.
    """
    if imports(call):
        return False
    if call.principal.kind == "person":
        return True
    if method != "create":
        return looks_back(resource_type)
    if isinstance(resource, r4.ServiceRequest):
        return is_arriving(resource)
    return isinstance(resource, r4.Observation | r4.DiagnosticReport) and (
        bool(resource.basedOn) or isinstance(resource, r4.DiagnosticReport)
    )


@dataclass(slots=True)
class Writes:
    """Collects the writes of one commit; `notes` are what the sender should know of a write that was done, by `Type/id`."""

    call: Call
    changes: list[Change] = field(default_factory=list[Change])
    path: str = ""
    notes: tuple[tuple[str, Refusal], ...] = ()

    def create(self, resource: Any, *, id: str | None = None) -> Change:
        """Add a new resource, under a new id or under `id`."""
        resource.id = id or new_id()
        return self._add(Change("create", resource.resourceType, resource.id, after=resource))

    def update(self, resource: Any, *, if_match: int | None = None, must_exist: bool = False, before: Stored | None = None) -> Change:
        """Write a new version of a resource, or its first; `before` spares reading what the caller has read."""
        standing = self._before(resource.resourceType, resource.id, before)
        change = Change("update", resource.resourceType, resource.id, standing, resource, if_match=if_match, must_exist=must_exist)
        return self._add(change)

    def delete(self, type: str, id: str, *, if_match: int | None = None) -> Change:
        """End a resource."""
        return self._add(Change("delete", type, id, self._before(type, id, None), if_match=if_match))

    def _before(self, type_: str, id_: str, stored: Stored | None) -> Any:
        call = self.call
        if imports(call) or (call.principal.kind == "system" and not looks_back(type_)):
            return None
        try:
            return restore((stored or call.record.read(type_, id_)).content)
        except (NotFound, Gone):
            return None

    def _add(self, change: Change) -> Change:
        change.path = self.path
        self.changes.append(change)
        return change


def settle(writes: Writes) -> None:
    """Ask about every collected write and commit them all, with what follows; raises WriteRefused with every reason.

    Call it under the write lock wherever `needs_turn` says so: what was read stays true until the commit is written.
    """
    call = writes.call
    if imports(call):
        _import(writes)
        return
    gate = _Gate(writes)
    with call.record.commit(Attribution(call.principal.author, gate.acts, call.purpose or ""), at=call.at) as commit:
        against = gate.ask(Performed(commit))
        if against:
            raise WriteRefused(tuple(against), call.record.policy.zone, gate.requirements, call.language)
        for change in writes.changes:
            change.stage(commit)
    gate.keep()


def _import(writes: Writes) -> None:
    call, requirements = writes.call, package_requirements()
    performer = performer_of_principal(call.record, call.principal, call.at, requirements)
    refusals = assess(IMPORT, Facts(performer, call.at.date()), requirements, call.at)
    if refusals:
        raise WriteRefused((Against(IMPORT, refusals, ()),), call.record.policy.zone, requirements, call.language)
    with call.record.commit(Attribution(call.principal.author, IMPORT, call.purpose or ""), at=call.at) as commit:
        for change in writes.changes:
            change.stage(commit)


class _Gate:
    """The questions about the writes of one commit."""

    def __init__(self, writes: Writes) -> None:
        call = writes.call
        self.writes, self.call = writes, call
        self.performance = Performance(call.record, call.principal, call.at)
        self.requirements: Requirements = site_requirements(call.record)
        # A deletion of what is not there is the record's to refuse, not the gate's.
        self.changes = [change for change in writes.changes if change.either is not None or change.method != "delete"]
        self.asked_writes = [change for change in self.changes if change.either is not None]
        kind = call.principal.kind
        self.meanings = [(change, meaning_of(change, kind, call.principal.author)) for change in self.asked_writes]
        self.acts = " ".join(dict.fromkeys(meaning.act for _, meaning in self.meanings)) or "maintain_record"
        self.done: dict[tuple[str, str], Asked] = {}

    def ask(self, performed: Performed) -> list[Against]:
        """Every reason against the writes; what follows from them is staged on the way."""
        performer, own = self._performer()
        today = self.call.at.astimezone(self.call.record.policy.zone).date()
        by_place = {change.place: change for change in self.changes}
        gatherer = Gatherer(self.performance, performer, self.requirements, today, by_place)
        against: list[Against] = []
        for change, meaning in self.meanings:
            if meaning.refuse:
                against.append(Against(meaning.act, (self._flat(meaning),), (change.path or change.type,)))
                continue
            asked = gatherer.asked(meaning.act, change)
            refusals = assess(meaning.act, asked.facts, self.requirements, self.call.at, further=(*own, *asked.further))
            if refusals:
                against.append(Against(meaning.act, refusals, (change.path or change.type,)))
            self.done.setdefault((meaning.act, asked.facts.variant or ""), asked)
        return [*against, *self._followed(performed)]

    @staticmethod
    def _flat(meaning: Meaning) -> Refusal:
        if meaning.refuse == "fhir.by-act-only":
            return Refusal("fhir.by-act-only", {"what": f"act:{meaning.what}"})
        return Refusal("fhir.kept-as-written")

    def _performer(self) -> tuple[Performer, tuple[Refusal, ...]]:
        principal = self.call.principal
        try:
            performer = performer_of_principal(self.call.record, principal, self.call.at, self.requirements)
        except NotFound:
            return Performer(principal.author, "unknown", active=False), (Refusal("person.not-linked"),)
        linked = principal.kind == "system" or principal.reference.startswith("Practitioner/")
        return performer, () if linked else (Refusal("person.not-linked"),)

    def _followed(self, performed: Performed) -> list[Against]:
        """Let the laboratory take in orders and results: the same rules and the same work as on its own screens."""
        acts = {meaning.act for _, meaning in self.meanings}
        if not acts & (ORDERS | RESULTS):
            return []
        after = {change.place: change.after for change in self.changes if change.after is not None}
        before = {change.place: change.before for change in self.changes if change.before is not None}
        arriving = Arriving(self.performance, performed, after, before)
        against: list[Against] = []
        refusals, notes = orders_arrived(arriving) if acts & ORDERS else ((), ())
        if refusals:
            against.append(Against(self._named(ORDERS), refusals, self._paths("ServiceRequest")))
        refusals = results_arrived(arriving) if acts & RESULTS else ()
        if refusals:
            against.append(Against(self._named(RESULTS), refusals, self._paths("Observation")))
        if not against:
            arriving.write()
            self.writes.notes = notes
        return against

    def _named(self, among: frozenset[str]) -> str:
        return next(meaning.act for _, meaning in self.meanings if meaning.act in among)

    def _paths(self, resource_type: str) -> tuple[str, ...]:
        return tuple(change.path or change.type for change in self.changes if change.type == resource_type)

    def keep(self) -> None:
        """Keep the evidence of a person's acts, in the transaction of their commit; a system has no competence to prove."""
        if self.call.principal.kind != "person":
            return
        stored = next((change.stored for change in self.writes.changes if change.stored is not None), None)
        if stored is not None:
            for (act, _), asked in self.done.items():
                keep_evidence(self.performance, act, asked.facts, self.requirements, "done", stored.number)


def count(call: Call, refused: WriteRefused) -> None:
    """Count a refusal like any act's; call it outside the transaction that the refusal undid."""
    performance = Performance(call.record, call.principal, call.at)
    for against in refused.against:
        count_refusal(performance, against.act, against.refusals)
