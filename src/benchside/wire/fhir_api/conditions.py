"""Conditions: the one resource that a search selects, for conditional interactions and references.

They are evaluated inside the commit, under the record's write lock: two clients that create on the same condition at the
same time make one resource. Source: https://hl7.org/fhir/R4/http.html#ccreate
"""

from urllib.parse import parse_qsl

from benchside.record import Stored
from benchside.wire.fhir_api import access, search_query, signin
from benchside.wire.fhir_api.call import Call
from benchside.wire.fhir_api.problems import BadRequest, SeveralMatch

RESULT_PARAMETERS = frozenset(
    {"_count", "_sort", "_include", "_revinclude", "_total", "_summary", "_elements", "_cursor", "_format", "_pretty"}
)


def condition_pairs(text: str, resource_type: str) -> tuple[tuple[str, str], ...]:
    """Read a condition as clients send it: `identifier=x`, `?identifier=x`, `Patient?identifier=x` or a whole URL.

    Raises BadRequest when it is about another type, or when it would select every resource there is.
    """
    before, mark, after = text.strip().partition("?")
    query = after if mark else before
    named = before.rstrip("/").rpartition("/")[2] if mark else ""
    if named and named != resource_type:
        raise BadRequest(f"The condition is about {named[:60]}, but this is about {resource_type}: {text[:200]}")
    return filtering(tuple(parse_qsl(query, keep_blank_values=True)), text)


def filtering(pairs: tuple[tuple[str, str], ...], text: str) -> tuple[tuple[str, str], ...]:
    """Those of `pairs` that select; raises BadRequest when none does."""
    kept = tuple((name, value) for name, value in pairs if name not in RESULT_PARAMETERS)
    if not kept:
        raise BadRequest(
            f"A condition needs at least one search parameter, for example identifier=system|value; this has none: {text[:200]}"
        )
    return kept


def all_selected(call: Call, resource_type: str, pairs: tuple[tuple[str, str], ...], *, at_most: int) -> list[Stored]:
    """The resources that fit, up to `at_most` and one more; permission to search is asked for."""
    signin.require(call.principal, resource_type, "s")
    search = search_query.parsed(call, (resource_type,), (*pairs, ("_count", str(at_most + 1)), ("_total", "none")), strict=True)
    search_query.require_search_permits(call, search)
    return call.record.search(search, access.search_scope(call, search.types)).matches


def selected(call: Call, resource_type: str, pairs: tuple[tuple[str, str], ...]) -> Stored | None:
    """The one resource that fits, or None; raises SeveralMatch when the condition is not exact enough."""
    matches = all_selected(call, resource_type, pairs, at_most=1)
    if len(matches) > 1:
        words = "&".join(f"{name}={value}" for name, value in pairs)
        raise SeveralMatch(f"More than one {resource_type} fits {words[:200]}; the condition must select one.")
    return matches[0] if matches else None
