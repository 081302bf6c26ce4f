"""The door of the API: an HTTP request in, an HTTP answer out, and nothing but an OperationOutcome when something is wrong.

It signs in, negotiates, applies the limits of size, maps every error (`outcomes`) and writes the headers. It is one of the
doors that catch every exception. Sources: https://hl7.org/fhir/R4/http.html, RFC 9110, RFC 6750.
"""

from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.request import UnreadablePostError
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from benchside.record.site import site_record
from benchside.terms.refusal_words import LANGUAGES
from benchside.wire.fhir_api import capabilities, cors, negotiation, routes, signin, xml
from benchside.wire.fhir_api.call import Answer, Call, etag, http_date, segments_of
from benchside.wire.fhir_api.limits import Limits, site_limits
from benchside.wire.fhir_api.outcomes import answer_for
from benchside.wire.fhir_api.presenting import presented
from benchside.wire.fhir_api.problems import AddressTooLong, BadRequest, NotAcceptable, TooLarge, UnsupportedMediaType
from benchside.wire.fhir_api.site import site_access_log

METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
METADATA: Final = ("metadata",)
PARAMETERS_MAX: Final = 1_000
BASES_MAX: Final = 100
ORIGIN_CHARACTERS_MAX: Final = 64
NO_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})


# A bearer token is never sent by a browser on its own, so a request with one can't be forged from another site:
# Django's CSRF check, which guards cookies, has nothing to guard here.
@csrf_exempt
def fhir(request: HttpRequest, path: str = "") -> HttpResponseBase:
    """Answer one request to the API; `path` is what follows our base."""
    try:
        answer = _answer(request, path)
    except Exception as error:  # noqa: BLE001 - the door of the API: no error leaves it as a traceback
        answer = answer_for(error)
    return _response(request, _in_format(request, answer))


def _answer(request: HttpRequest, path: str) -> Answer:
    method = request.method or ""
    if method == "OPTIONS":
        return Answer(204, headers={"Allow": METHODS}, presented=True)
    limits = site_limits()
    meta = request.META
    query: str = meta.get("QUERY_STRING", "")
    if len(path) + len(query) > limits.url_characters_max:
        raise AddressTooLong(f"The address is longer than {limits.url_characters_max} characters; send a search by POST to _search.")
    segments = segments_of(path)
    pairs = _pairs(query)
    format_parameter = next((value for name, value in pairs if name == "_format"), None) if pairs else None
    accept: str | None = meta.get("HTTP_ACCEPT")
    if segments[:1] != ("Binary",) and segments[:1] != ("_export",):
        negotiation.answer_format(accept, format_parameter)
    if segments == METADATA:
        return capabilities.answer(method, base_of(request), negotiation.presentation(pairs))
    principal = signin.principal_of(meta.get("HTTP_AUTHORIZATION"))
    body = b"" if method in NO_BODY else _body(request, limits)
    content_type: str | None = meta.get("CONTENT_TYPE") or None
    if body and xml.is_xml_body(content_type, segments):
        body, content_type = xml.as_json(body), xml.FHIR_JSON
    call = Call(
        method=method,
        segments=segments,
        pairs=pairs,
        base=base_of(request),
        at=datetime.now(UTC),
        principal=principal,
        record=site_record(),
        access_log=site_access_log(),
        origin=_origin(request),
        language=_language(meta.get("HTTP_ACCEPT_LANGUAGE", "")),
        limits=limits,
        dispatch=_entry,
        body=body,
        content_type=content_type,
        accept=accept,
        if_match=meta.get("HTTP_IF_MATCH"),
        if_none_match=meta.get("HTTP_IF_NONE_MATCH"),
        if_none_exist=meta.get("HTTP_IF_NONE_EXIST"),
        if_modified_since=meta.get("HTTP_IF_MODIFIED_SINCE"),
        purpose=(meta.get("HTTP_X_PURPOSE_OF_USE") or "")[:200] or None,
        preferences=negotiation.preferences(meta.get("HTTP_PREFER")),
        presentation=negotiation.presentation(pairs) if pairs else negotiation.WHOLE,
    )
    return presented(call, routes.perform(call))


def _language(accepted: str) -> str:
    """The language of refusals: the first of ours that the client names."""
    named = (part.partition(";")[0].strip().lower()[:2] for part in accepted.split(","))
    return next((language for language in named if language in LANGUAGES), LANGUAGES[0])


def _in_format(request: HttpRequest, answer: Answer) -> Answer:
    """The answer in the format that the client wants; a refusal to write XML is told in JSON."""
    if not _wants_xml(request):
        return answer
    try:
        return xml.as_xml(answer)
    except NotAcceptable as refused:
        return answer_for(refused)


def _wants_xml(request: HttpRequest) -> bool:
    """Whether the answer is to be XML; what can't be negotiated has been refused, in JSON."""
    accept: str = request.META.get("HTTP_ACCEPT", "")
    query: str = request.META.get("QUERY_STRING", "")
    if "xml" not in accept and "xml" not in query:
        return False
    try:
        format_parameter = next((value for name, value in _pairs(query) if name == "_format"), None)
        return negotiation.answer_format(accept or None, format_parameter) == "xml"
    except (NotAcceptable, BadRequest):
        return False


def _origin(request: HttpRequest) -> str:
    """The network address of the client: the one that the site's own proxy saw, where there is one."""
    forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    # The last address is what our proxy added; those before it are whatever the client claimed.
    return (forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", "")))[:ORIGIN_CHARACTERS_MAX]


def _entry(call: Call) -> Answer:
    """Answer an entry of a bundle: the same table, and the one address before it."""
    if call.segments == METADATA:
        return capabilities.answer(call.method, call.base, call.presentation)
    return routes.perform(call)


def _pairs(query: str) -> tuple[tuple[str, str], ...]:
    if not query:
        return ()
    try:
        return tuple(parse_qsl(query, keep_blank_values=True, max_num_fields=PARAMETERS_MAX, errors="strict"))
    except UnicodeDecodeError:
        raise BadRequest("The address holds characters that are not UTF-8.") from None
    except ValueError:
        raise BadRequest(f"The address holds more than {PARAMETERS_MAX} parameters.") from None


_bases: dict[tuple[str, str], str] = {}
"""Our addresses by scheme and host, those that Django has allowed."""


def base_of(request: HttpRequest) -> str:
    """Our own address as clients see it, without a slash at the end: the site's public address, or the one that was called."""
    public: str = settings.PUBLIC_URL
    if public:
        return public.rstrip("/") + "/fhir"
    host: str = request.META.get("HTTP_HOST", "")
    known = _bases.get((request.scheme or "", host))
    if known is not None:
        return known
    try:
        base = f"{request.scheme}://{request.get_host()}/fhir"
    except DisallowedHost:
        raise BadRequest("This site does not answer under that host name; see BENCHSIDE_ALLOWED_HOSTS.") from None
    if host and len(_bases) < BASES_MAX:
        _bases[request.scheme or "", host] = base
    return base


def _body(request: HttpRequest, limits: Limits) -> bytes:
    """The body, up to the site's limit. Read from the stream: Django's own limit is about forms."""
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise UnsupportedMediaType(f"Bodies are read as they are; Content-Encoding {encoding[:40]} is not supported.")
    too_large = f"The body is larger than {limits.body_bytes_max} bytes, the limit of this site; send it in parts."
    length: str = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > limits.body_bytes_max:
        raise TooLarge(too_large)
    chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    stream = request.META["wsgi.input"] if chunked else request
    try:
        body: bytes = stream.read(limits.body_bytes_max + 1)
    except UnreadablePostError:
        raise BadRequest("The body broke off before its end; send it again.") from None
    if len(body) > limits.body_bytes_max:
        raise TooLarge(too_large)
    return body


def _response(request: HttpRequest, answer: Answer) -> HttpResponseBase:
    content = answer.content
    headers: dict[str, str] = {}
    if answer.status not in {204, 304}:
        headers["Content-Type"] = answer.content_type
        headers["Content-Length"] = str(len(content) if answer.length is None else answer.length)
    if answer.version is not None:
        headers["ETag"] = etag(answer.version)
    if answer.last_modified is not None:
        headers["Last-Modified"] = http_date(answer.last_modified)
    if answer.location is not None:
        headers["Location"] = f"{base_of(request)}/{answer.location}"
    if answer.content_location is not None:
        headers["Content-Location"] = f"{base_of(request)}/{answer.content_location}"
    headers |= answer.headers
    headers["Cache-Control"] = "no-store" if answer.status >= 400 else "private, no-cache"
    headers["X-Content-Type-Options"] = "nosniff"
    cors.allow(request, headers)
    if answer.stream is not None and request.method != "HEAD":
        return StreamingHttpResponse(answer.stream, status=answer.status, headers=headers)
    response = HttpResponse(b"" if request.method == "HEAD" else content, status=answer.status, headers=headers)
    if "Content-Type" not in headers:
        del response["Content-Type"]  # Django adds one; 204 and 304 have nothing that could have a type
    return response
