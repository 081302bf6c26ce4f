"""history of an instance, a type and the whole record, newest first.

Source: https://hl7.org/fhir/R4/http.html#history
"""

import re
from datetime import datetime, time, timedelta

from django.utils.timezone import get_default_timezone

from benchside.record import HistoryPage, Stored
from benchside.wire.fhir_api import access, bundles, search_query, signin
from benchside.wire.fhir_api.call import Answer, Call, instant
from benchside.wire.fhir_api.presenting import present
from benchside.wire.fhir_api.problems import BadRequest
from benchside.wire.fhir_api.resource_types import RESOURCE_TYPES

KNOWN_PARAMETERS = frozenset({"_count", "_since", "_at", "_cursor", "_format", "_pretty", "_summary", "_elements"})
DAY = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
CREATED = "201 Created"
STATUS = {"POST": CREATED, "PUT": "200 OK", "DELETE": "204 No Content"}


def of_instance(call: Call) -> Answer:
    """Every version of one resource."""
    access.require_id_in_scope(call)
    page = _page(call, call.resource_type, call.id)
    return _answered(call, page, f"{call.resource_type}/{call.id}/_history")


def of_type(call: Call) -> Answer:
    """Every version of every resource of one type."""
    access.require_no_patient_scope(call)
    return _answered(call, _page(call, call.resource_type, None), f"{call.resource_type}/_history")


def of_system(call: Call) -> Answer:
    """Every version of everything."""
    signin.require_all(call.principal, RESOURCE_TYPES, "s")
    access.require_no_patient_scope(call)
    return _answered(call, _page(call, None, None), "_history")


def _page(call: Call, resource_type: str | None, resource_id: str | None) -> HistoryPage:
    unknown = sorted({name for name, _ in call.pairs} - KNOWN_PARAMETERS)
    if unknown and call.preferences.strict:
        raise BadRequest(*(f"A history does not know the parameter {name[:100]}." for name in unknown))
    return call.record.history(
        type=resource_type,
        id=resource_id,
        since=_moment(call, "_since"),
        at=_moment(call, "_at"),
        count=_count(call),
        cursor=call.parameter("_cursor"),
    )


def _count(call: Call) -> int:
    text = call.parameter("_count")
    if text is None:
        return call.limits.page_entries
    if not (text.isascii() and text.isdigit()):
        raise BadRequest(f"_count must be a whole number, not {text[:60]}.")
    return min(int(text[:9]), call.limits.page_entries_max)


def _moment(call: Call, name: str) -> datetime | None:
    """The moment of `_since` (the start of what it names) or `_at` (the end of it, so that a day means the whole day)."""
    text = call.parameter(name)
    if text is None:
        return None
    text = text.replace(" ", "+")  # an unescaped "+" of a time zone
    try:
        return _end_of(text) if name == "_at" else _start_of(text)
    except ValueError:
        raise BadRequest(f"{name} must be a date or an instant, for example 2026-01-31T08:00:00Z; we can't read {text[:60]}.") from None


def _start_of(text: str) -> datetime:
    if DAY.fullmatch(text):
        text = (text + "-01-01")[:10] if len(text) == 4 else (text + "-01")[:10]
        return datetime.combine(datetime.fromisoformat(text).date(), time.min, get_default_timezone())
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=get_default_timezone())


def _end_of(text: str) -> datetime:
    start = _start_of(text)
    match len(text):
        case 4:
            following = start.replace(year=start.year + 1)
        case 7:
            following = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
        case 10:
            following = start + timedelta(days=1)
        case _:
            return start
    return following - timedelta(microseconds=1)


def _answered(call: Call, page: HistoryPage, place: str) -> Answer:
    access.seen(call, "history", *page.versions)
    address = f"{call.base}/{place}"
    own = [pair for pair in call.pairs if pair[0] in KNOWN_PARAMETERS]
    query = search_query.query_string(own)
    links = [("self", f"{address}?{query}" if query else address)]
    if page.next_cursor is not None:
        rest = [pair for pair in own if pair[0] != "_cursor"]
        links.append(("next", f"{address}?{search_query.query_string([*rest, ('_cursor', page.next_cursor)])}"))
    base = call.base.encode()
    entries = [_entry(call, base, stored) for stored in page.versions] if call.presentation.summary != "count" else []
    content = bundles.bundle("history", entries, links=links, total=page.total, last_updated=instant(call.at))
    return Answer(200, content, "Bundle", presented=True)


def _entry(call: Call, base: bytes, stored: Stored) -> bytes:
    content = None
    if not stored.deleted:
        content = stored.content if call.presentation.whole else present(stored.content, stored.type, call.presentation)
    return bundles.history_entry(
        base,
        stored.type,
        stored.id,
        content,
        method=stored.method,
        url=stored.type if stored.method == "POST" else stored.reference,
        status=CREATED if stored.version == 1 else STATUS[stored.method],
        version=stored.version,
        at=instant(stored.recorded),
    )
