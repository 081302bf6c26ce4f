"""Patient/[id]/$everything: the patient, what belongs to the patient, and what that refers to, page by page.

`start` and `end` are dates of care: what has a clinical time outside them is left out, what has none is given.

Source: https://hl7.org/fhir/R4/patient-operation-everything.html
"""

from dataclasses import replace

from benchside.accounts.scopes import permits
from benchside.fhir.search.criteria import Include
from benchside.fhir.search.parameters import compartment_parameters
from benchside.terms.instant import INSTANT_MAX, INSTANT_MIN, span
from benchside.wire.fhir_api import access, search_query, searching, signin
from benchside.wire.fhir_api.call import Answer, Call
from benchside.wire.fhir_api.operations.operation import Arguments, Operation, arguments
from benchside.wire.fhir_api.problems import BadRequest
from benchside.wire.fhir_api.resource_types import KNOWN_TYPES

PATIENT = "Patient"
KNOWN = frozenset({"start", "end", "_since", "_type", "_count", "_cursor"})


def patient_types() -> frozenset[str]:
    """The types of the Patient compartment, and Patient."""
    return frozenset(compartment_parameters(PATIENT)) | {PATIENT}


def everything(call: Call) -> Answer:
    """One page of all that the caller may see of one patient."""
    given = arguments(call)
    given.require_known(KNOWN, "everything")
    signin.require(call.principal, PATIENT, "r")
    access.require_id_in_scope(call)
    call.record.read(PATIENT, call.id)
    types = _types(call, given.text("_type"))
    pairs = [("_count", str(given.whole_number("_count") or call.limits.page_entries))]
    since, cursor = given.text("_since"), given.text("_cursor")
    if since is not None:
        pairs.append(("_lastUpdated", f"ge{since}"))
    if cursor is not None:
        pairs.append(("_cursor", cursor))
    search = search_query.parsed(call, types, pairs, strict=True, compartment=(PATIENT, call.id))
    # What the patient's data refers to (practitioners, organizations, medications ...) goes with the page that refers to it.
    own = tuple((name, str(value)) for name in sorted(KNOWN) for value in given.all(name))
    search = replace(
        search,
        includes=tuple(Include(kind, None, None, iterate=False) for kind in types),
        included_max=call.limits.included_entries_max,
        period=_period(call, given),
        pairs=own,
    )
    return searching.answered(call, search, f"{PATIENT}/{call.id}/$everything")


def _period(call: Call, given: Arguments) -> tuple[int, int] | None:
    """The span of `start` and `end`, dates of care; None when neither is given."""
    ends: dict[str, tuple[int, int]] = {}
    for name in ("start", "end"):
        text = given.text(name)
        if text is not None:
            try:
                ends[name] = span(text.replace(" ", "+"), call.record.policy.zone)
            except ValueError:
                raise BadRequest(f"{name} must be a date, for example 2026-01-31; we can't read {text[:40]}.") from None
    if not ends:
        return None
    return ends.get("start", (INSTANT_MIN, 0))[0], ends.get("end", (0, INSTANT_MAX))[1]


def _types(call: Call, wanted: str | None) -> tuple[str, ...]:
    known = patient_types()
    if wanted is None:
        return tuple(sorted(kind for kind in known if permits(call.principal, kind, "s")))
    names = tuple(dict.fromkeys(name.strip() for name in wanted.split(",") if name.strip()))
    strange = [name for name in names if name not in known]
    if strange:
        where = "is not in the Patient compartment" if strange[0] in KNOWN_TYPES else "is no R4 resource type"
        raise BadRequest(f"_type: {strange[0][:60]} {where}.")
    signin.require_all(call.principal, names, "s")
    return names


OPERATION = Operation(
    name="everything",
    definition="http://hl7.org/fhir/OperationDefinition/Patient-everything",
    levels={"instance": frozenset({PATIENT})},
    methods=("GET", "POST"),
    handler=everything,
)
