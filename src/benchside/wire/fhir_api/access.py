"""What a caller may see at most, and the note that they saw it.

A patient's own access is confined to what belongs to that patient; every read and search goes to the access log.
"""

import re
from typing import TYPE_CHECKING, Any

from benchside.accounts.scopes import reach
from benchside.fhir.search.criteria import Clause, Search, TokenValue
from benchside.fhir.search.extraction import index_values
from benchside.fhir.search.parameters import compartment_parameters
from benchside.record import NotFound, SearchPage, SearchScope, Stored
from benchside.record.access_log import PATIENTS_MAX, Access
from benchside.record.keys import microseconds
from benchside.wire.fhir_api.call import Call
from benchside.wire.fhir_api.problems import NotPermitted

if TYPE_CHECKING:
    from collections.abc import Iterable

PATIENT = "Patient"
REFERENCE_TO_PATIENT = re.compile(rb'"reference":"Patient/([A-Za-z0-9.-]{1,64})')
QUERY_CHARACTERS_MAX = 2_000
TARGET_CHARACTERS_MAX = 400


def search_scope(call: Call, types: "Iterable[str]") -> SearchScope | None:
    """What a search over `types` may show at most: everything, or what belongs to the caller's own patient."""
    if call.principal.patient is None:
        return None
    confined = any(reach(call.principal, kind, "s") != "all" for kind in tuple(types) or ("*",))
    return SearchScope(patient=call.principal.patient) if confined else None


def require_id_in_scope(call: Call, letter: str = "r") -> None:
    """`require_in_scope` for the resource that the call addresses."""
    require_in_scope(call, call.resource_type, call.id, letter)


def require_in_scope(call: Call, kind: str, resource_id: str, letter: str) -> None:
    """Raise NotFound when the caller is confined to one patient and this resource belongs to another.

    NotFound, not NotPermitted: whether another patient has such a resource is nobody's business.
    """
    patient = call.principal.patient
    if patient is None or reach(call.principal, kind, letter) != "patient":
        return
    if kind == PATIENT:
        belongs = resource_id == patient
    elif kind in compartment_parameters(PATIENT):
        this = (Clause(kind, "_id", None, (TokenValue(None, resource_id),)),)
        belongs = call.record.count(Search(types=(kind,), compartment=(PATIENT, patient), criteria=this)) > 0
    else:
        belongs = True  # A Medication or an Organization belongs to no patient: the scope on its type alone decides.
    if not belongs:
        raise NotFound(kind, resource_id)


def require_writable_in_scope(call: Call, resource: Any, letter: str) -> None:
    """Raise NotPermitted when the caller is confined to one patient and `resource` would belong to another or to none.

    `letter` is "c" for a new resource, "u" for one that is changed; what is there must be the patient's own as well.
    """
    patient, kind = call.principal.patient, type(resource).resourceType
    if patient is None or reach(call.principal, kind, letter) != "patient":
        return
    if index_values(resource, call.record.policy.zone).patient != patient:
        raise NotPermitted(f"You may write {kind} resources of Patient/{patient} only; this one belongs to another or to nobody.")
    if letter == "u":
        require_in_scope(call, kind, resource.id, letter)


def require_no_patient_scope(call: Call) -> None:
    """Raise NotPermitted for a caller who is confined to one patient: a whole history can't be."""
    types = (call.resource_type,) if call.resource_type else ("*",)
    if search_scope(call, types) is not None:
        raise NotPermitted("You may read the history of one resource at a time, not of all.")


def seen(call: Call, interaction: str, *stored: Stored) -> None:
    """Note that the caller saw these versions; `interaction` is FHIR's word for how. Raises OSError when it can't be noted."""
    target = f"{call.resource_type}/{call.id}" if call.id else call.resource_type
    _note(call, interaction, target, stored)


def searched(call: Call, search: Search, page: SearchPage) -> None:
    """Note that the caller searched, for what, and whose data came back."""
    words = "&".join(f"{name}={value}" for name, value in search.pairs)[:QUERY_CHARACTERS_MAX]
    target = f"{search.compartment[0]}/{search.compartment[1]}/{','.join(search.types)}" if search.compartment else ",".join(search.types)
    _note(call, "search", target[:TARGET_CHARACTERS_MAX], (*page.matches, *page.included), words)


def _note(call: Call, interaction: str, target: str, stored: "Iterable[Stored]", query: str = "") -> None:
    call.access_log.append(
        Access(
            microseconds(call.at),
            call.principal.author,
            interaction,
            target,
            query,
            call.purpose or "",
            call.origin,
            patients_in(stored),
        )
    )


def patients_in(stored: "Iterable[Stored]") -> tuple[str, ...]:
    """The ids of the patients that these resources are or refer to, sorted, PATIENTS_MAX at most.

    Stored JSON is our own writing, compact and unescaped, so a pattern finds every reference without decoding.
    """
    found: set[str] = set()
    for one in stored:
        if one.type == PATIENT:
            found.add(one.id)
        if b'"Patient/' in one.content:
            found.update(match.decode() for match in REFERENCE_TO_PATIENT.findall(one.content))
    return tuple(sorted(found)[:PATIENTS_MAX])
