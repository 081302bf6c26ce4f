"""search at type, compartment and system level, by GET and by POST.

Sources: https://hl7.org/fhir/R4/search.html, http.html#search, #vsearch (system level), http.html#paging
"""

from benchside.fhir.search.criteria import Search
from benchside.fhir.search.parameters import compartment_parameters
from benchside.record import SearchPage
from benchside.wire.fhir_api import access, audit, bundles, search_query, signin
from benchside.wire.fhir_api.call import Answer, Call, instant
from benchside.wire.fhir_api.outcomes import warning_bytes
from benchside.wire.fhir_api.presenting import present
from benchside.wire.fhir_api.problems import BadRequest, UnknownAddress
from benchside.wire.fhir_api.resource_types import KNOWN_TYPES

COMPARTMENTS = frozenset({"Patient", "Encounter", "Practitioner", "RelatedPerson", "Device"})


def search_type(call: Call) -> Answer:
    """Search the resources of one type."""
    search = search_query.parsed(call, (call.resource_type,), search_query.asked_pairs(call))
    return answered(call, search, call.resource_type)


def search_compartment(call: Call) -> Answer:
    """Search what belongs to one patient (or encounter, practitioner ...): `Patient/123/Observation`, `Patient/123/*`."""
    compartment, wanted = call.resource_type, call.compartment_type
    if compartment not in COMPARTMENTS:
        raise UnknownAddress(f"{compartment} is no compartment; those of R4 are {', '.join(sorted(COMPARTMENTS))}.")
    members = compartment_parameters(compartment)
    types = tuple(sorted(members)) if wanted == "*" else (wanted,)
    if wanted != "*" and wanted not in members:
        known = "is not part of" if wanted in KNOWN_TYPES else "is no R4 resource type, so it can't be in"
        raise UnknownAddress(f"{wanted[:60]} {known} the {compartment} compartment.")
    signin.require_all(call.principal, types, "s")
    search = search_query.parsed(call, types, search_query.asked_pairs(call), compartment=(compartment, call.id))
    return answered(call, search, f"{compartment}/{call.id}/{wanted}")


def search_system(call: Call) -> Answer:
    """Search several types at once; `_type` names them."""
    pairs = search_query.asked_pairs(call)
    if not pairs:
        raise BadRequest("A search over all types needs parameters, for example _type=Patient,Observation&_lastUpdated=gt2026-01-01.")
    search = search_query.parsed(call, (), pairs)
    signin.require_all(call.principal, search.types or signin.RESOURCE_TYPES, "s")
    return answered(call, search, "")


def answered(call: Call, search: Search, place: str) -> Answer:
    """Ask the record and put its page into a Bundle; `place` is the address of this search below our base."""
    search_query.require_search_permits(call, search)
    page = _page(call, search)
    access.searched(call, search, page)
    return Answer(200, page_bundle(call, search, page, place), "Bundle", presented=True)


def _page(call: Call, search: Search) -> SearchPage:
    scope = access.search_scope(call, search.types)
    if len(search.types) != 1 or search.compartment is not None or not audit.kept_apart(search.types[0]):
        return call.record.search(search, scope)
    audit.require_answerable(search.types[0], search)
    sent = None if audit.starts_among_own(search) else call.record.search(search, scope)
    return audit.page(call, search, sent)


def page_bundle(call: Call, search: Search, page: SearchPage, place: str) -> bytes:
    """A page as a searchset: matches, what they include, warnings, links to this and the next page."""
    address = f"{call.base}/{place}" if place else call.base
    base = call.base.encode()
    shown = call.presentation
    entries: list[bytes] = []
    if shown.whole:
        entries = [bundles.searched_entry(base, one.type, one.id, one.content, bundles.MATCH) for one in page.matches]
    elif shown.summary != "count":
        entries = [
            bundles.searched_entry(base, one.type, one.id, present(one.content, one.type, shown), bundles.MATCH) for one in page.matches
        ]
    may = signin.may_read
    entries += [
        bundles.searched_entry(base, one.type, one.id, one.content, bundles.INCLUDE)
        for one in page.included
        if may(call.principal, one.type)
    ]
    warnings = _warnings(call, search, page)
    if warnings:
        entries.append(bundles.outcome_entry(warning_bytes("not-supported" if search.ignored else "incomplete", warnings)))
    return bundles.bundle("searchset", entries, links=_links(search, page, address), total=page.total, last_updated=instant(call.at))


def _links(search: Search, page: SearchPage, address: str) -> list[tuple[str, str]]:
    own = search_query.query_string(search.pairs)
    links = [("self", f"{address}?{own}" if own else address)]
    if page.next_cursor is not None:
        rest = [pair for pair in search.pairs if pair[0] != "_cursor"]
        links.append(("next", f"{address}?{search_query.query_string([*rest, ('_cursor', page.next_cursor)])}"))
    return links


def _warnings(call: Call, search: Search, page: SearchPage) -> tuple[str, ...]:
    warnings = tuple(f"The parameter {name[:100]} is unknown and was ignored." for name in search.ignored)
    if page.included_cut:
        limits = call.limits
        words = f"More is included than shown: at most {limits.included_entries_max} resources and {limits.include_depth_max} rounds of _include."
        warnings += (f"{words} Ask for smaller pages.",)
    return warnings
