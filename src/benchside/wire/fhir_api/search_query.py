"""From the parameters of a request to a `Search`, and what somebody must be permitted to ask it.

Source: https://hl7.org/fhir/R4/search.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from django.utils.timezone import get_default_timezone

from benchside.fhir import r4, read
from benchside.fhir.search.criteria import AllOf, AnyOf, Chained, Clause, Criterion, Reverse, Search, Sort, TokenValue, UriValue
from benchside.fhir.search.parameters import hierarchical_targets, parameters
from benchside.fhir.search.query import SearchLimits, parse_search
from benchside.fhir.terminology import UnknownValueSetError, code_systems, value_set
from benchside.wire.fhir_api import signin
from benchside.wire.fhir_api.call import Call
from benchside.wire.fhir_api.limits import Limits
from benchside.wire.fhir_api.negotiation import FORM_TYPE, body_type
from benchside.wire.fhir_api.problems import BadRequest, UnsupportedMediaType

# Not for the search: how the answer is written, and `_totalMethod`, by which fhirpy asks for the total that we always give.
PRESENTATION_PARAMETERS = frozenset({"_format", "_pretty", "_totalMethod"})


@lru_cache(maxsize=8)
def search_limits(limits: Limits) -> SearchLimits:
    """The part of the site's limits that the search reader keeps."""
    return SearchLimits(
        clauses_max=limits.search_clauses_max,
        values_max=limits.search_values_max,
        chain_depth_max=limits.chain_depth_max,
        include_max=limits.search_includes_max,
        sort_max=limits.sort_keys_max,
        count_max=limits.page_entries_max,
        count_default=limits.page_entries,
    )


def asked_pairs(call: Call) -> tuple[tuple[str, str], ...]:
    """The parameters of a search, from the address and, for POST, from the form as well."""
    pairs = call.pairs
    if call.method == "POST" and call.body:
        kind = body_type(call.content_type)
        if kind != FORM_TYPE:
            raise UnsupportedMediaType(f"A search by POST needs a body of {FORM_TYPE}, not {kind}.")
        try:
            text = call.body.decode()
        except UnicodeDecodeError:
            raise BadRequest("The form is not UTF-8.") from None
        pairs += tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=call.limits.search_clauses_max + 50))
    return pairs


def parsed(
    call: Call,
    resource_types: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    *,
    strict: bool | None = None,
    compartment: tuple[str, str] | None = None,
) -> Search:
    """Understand `pairs` as a search within the site's limits; raises InvalidSearch with every fault.

    `strict` is what the client prefers unless given.
    """
    search = parse_search(
        resource_types,
        [_elements(pair) if pair[0] == "_elements" else pair for pair in pairs if pair[0] not in PRESENTATION_PARAMETERS],
        limits=search_limits(call.limits),
        strict=call.preferences.strict if strict is None else strict,
        zone=get_default_timezone(),
        compartment=compartment,
        codes_of=codes_of,
        related_codes=lambda system, code, direction: related_codes(call, system, code, direction),
    )
    if search.read_max != call.limits.search_read_max:
        search = replace(search, read_max=call.limits.search_read_max)
    if not search.includes and not search.revincludes:
        return search
    return replace(search, include_depth=call.limits.include_depth_max, included_max=call.limits.included_entries_max)


def codes_of(url: str) -> list[tuple[str | None, str]] | None:
    """The codes of a shipped value set, for `:in` and `:not-in`; None when it is not here or can't be listed as a whole."""
    try:
        found = value_set(url)
    except UnknownValueSetError:
        return None
    return None if found.open else [(concept.system, concept.code) for concept in found.concepts]


def related_codes(call: Call, system: str | None, code: str, direction: str) -> list[tuple[str | None, str]] | None:
    """`code` and those above or below it by the CodeSystem in the record that the caller may read; None when there is none."""
    kept = None if system is None else code_system(call, system)
    found = None if kept is None else code_systems.related(kept, code, direction)
    return None if found is None else [(system, each) for each in found]


def code_system(call: Call, url: str, version: str | None = None) -> r4.CodeSystem | None:
    """The CodeSystem with this canonical url that was written last, where the caller may read such; None when there is none."""
    if not signin.may_read(call.principal, "CodeSystem"):
        return None
    clauses = [Clause("CodeSystem", "url", None, (UriValue(url),))]
    if version is not None:
        clauses.append(Clause("CodeSystem", "version", None, (TokenValue(None, version),)))
    newest = (Sort("_lastUpdated", descending=True),)
    page = call.record.search(Search(("CodeSystem",), tuple(clauses), newest, count=1, total="none"))
    return read(page.matches[0].content, "CodeSystem") if page.matches else None  # pyright: ignore[reportReturnType] # read as a CodeSystem


def _elements(pair: tuple[str, str]) -> tuple[str, str]:
    """`_elements` without `resourceType`, which fhirpy names too: it is no element, and always there."""
    name, value = pair
    return name, ",".join(part for part in value.split(",") if part != "resourceType") or "id"


def require_search_permits(call: Call, search: Search) -> None:
    """Raise NotPermitted unless every type that the search looks into may be searched.

    A chain tells what the resources at its end say, and an include shows them: both need the scope of that type.
    """
    touched = {kind for criterion in search.criteria for kind in _types_beyond(criterion)}
    touched |= {include.source_type for include in search.revincludes if include.source_type != "*"}
    touched |= {include.target_type for include in search.includes if include.target_type is not None}
    if touched:
        signin.require_all(call.principal, sorted(touched), "s")


def _types_beyond(criterion: Criterion) -> Iterator[str]:
    match criterion:
        case Chained():
            yield from criterion.target_types
            yield from _types_beyond(criterion.criterion)
        case Reverse():
            yield criterion.source_type
            yield from _types_beyond(criterion.criterion)
        case Clause(modifier="above" | "below"):
            yield from hierarchical_targets(parameters(criterion.type)[criterion.parameter])
        case AnyOf() | AllOf():
            for part in criterion.criteria:
                yield from _types_beyond(part)
        case _:
            return


def query_string(pairs: Sequence[tuple[str, str]]) -> str:
    """`pairs` as a query, with the characters that FHIR uses left readable (`|`, `,`, `:`, `/`, `$`)."""
    return "&".join(f"{quote(name, safe=':._-$')}={quote(value, safe=_READABLE)}" for name, value in pairs)


_READABLE = "|,:/$-._~"
