"""From a write to the act it amounts to: `writes.yaml`, read once, and the first rule that fits."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import msgspec

from benchside.readiness.requirements import package_requirements
from benchside.terms.package_data import package_table
from benchside.wire.fhir_api.gate.change import Change, Method
from benchside.wire.fhir_api.gate.traits import TRAITS

Caller = Literal["person", "system"]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the table: what must hold, and the act for each kind of caller, or the refusal."""

    person: str = ""
    system: str = ""
    method: tuple[Method, ...] = ()
    now: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    is_: tuple[str, ...] = msgspec.field(default=(), name="is")
    changed: tuple[str, ...] = ()
    refuse: str = ""
    what: str = ""


class Otherwise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The act of what no rule covers."""

    person: str
    system: str


class Writes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shape of writes.yaml."""

    otherwise: Otherwise
    types: dict[str, tuple[Rule, ...]]


@cache
def writes() -> Writes:
    """The table that ships with the product. Raises ValueError that names every entry which means nothing."""
    table = package_table("benchside.wire.fhir_api.gate", "writes.yaml", Writes)
    acts = package_requirements().acts
    faults: list[str] = []
    for kind, rules in table.types.items():
        for rule in rules:
            faults += [f"{kind}: there is no trait {name!r}" for name in rule.is_ if name not in TRAITS]
            faults += [f"{kind}: there is no act {name!r}" for name in (rule.person, rule.system, rule.what) if name and name not in acts]
            faults += [] if bool(rule.refuse) != bool(rule.person and rule.system) else [f"{kind}: a rule names two acts or one refusal"]
    if faults:
        raise ValueError("writes.yaml: " + "; ".join(faults))
    return table


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a write amounts to: an act, or a refusal that holds for everybody (`what` is the act that does it instead)."""

    act: str
    refuse: str = ""
    what: str = ""


def meaning_of(change: Change, caller: Caller, who: str) -> Meaning:
    """Classify one write of a person or system; `who` is the caller's reference."""
    table = writes()
    for rule in table.types.get(change.type, ()):
        if _fits(rule, change, who):
            return (
                Meaning(rule.person if caller == "person" else rule.system, rule.refuse, rule.what) if not rule.refuse else _refused(rule)
            )
    return Meaning(table.otherwise.person if caller == "person" else table.otherwise.system)


def _refused(rule: Rule) -> Meaning:
    return Meaning(rule.what, rule.refuse, rule.what)


def _fits(rule: Rule, change: Change, who: str) -> bool:
    return (
        (not rule.method or change.method in rule.method)
        and (not rule.now or change.status(change.after) in rule.now)
        and (not rule.before or change.status(change.before) in rule.before)
        and (not rule.changed or not change.differing().isdisjoint(rule.changed))
        and all(_has(change, name, who) for name in rule.is_)
    )


def _has(change: Change, name: str, who: str) -> bool:
    known = change.known.get(name)
    if known is None:
        known = change.known[name] = TRAITS[name](change, who)
    return known


def looks_back(resource_type: str) -> bool:
    """Whether what a write of this type means depends on what was there."""
    return resource_type in writes().types
