"""The entries of a batch or transaction as the client sent them: who is asked for what, checked one by one.

Source: https://hl7.org/fhir/R4/http.html#transaction, bundle.html
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from benchside.fhir import Fault, Invalid
from benchside.wire.fhir_api.call import Call, segments_of
from benchside.wire.fhir_api.problems import TooLarge
from benchside.wire.fhir_api.resource_types import KNOWN_TYPES

BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


class EntryRequest(msgspec.Struct):
    """`Bundle.entry.request`, read leniently: the strict reading of the whole bundle names every fault."""

    method: str = ""
    url: str = ""
    ifNoneMatch: str | None = None  # noqa: N815 - FHIR's own name
    ifModifiedSince: str | None = None  # noqa: N815 - FHIR's own name
    ifMatch: str | None = None  # noqa: N815 - FHIR's own name
    ifNoneExist: str | None = None  # noqa: N815 - FHIR's own name


class EnvelopeEntry(msgspec.Struct):
    """An entry whose resource is still its bytes."""

    fullUrl: str | None = None  # noqa: N815 - FHIR's own name
    resource: msgspec.Raw = msgspec.Raw()
    request: EntryRequest | None = None


class Envelope(msgspec.Struct):
    """A bundle whose resources are still their bytes."""

    resourceType: str = ""  # noqa: N815 - FHIR's own name
    type: str = ""
    entry: list[EnvelopeEntry] = []


_envelope = msgspec.json.Decoder(Envelope)


def envelope_in(call: Call) -> Envelope:
    """The outer part of the bundle in the body; raises Invalid, or TooLarge beyond the site's number of entries."""
    try:
        envelope = _envelope.decode(call.body)
    except msgspec.DecodeError as error:
        raise Invalid((Fault("Bundle", "structure", f"The body is no Bundle: {error}"),)) from None
    if envelope.resourceType != "Bundle":
        message = (
            f"The body sent to the base address must be a Bundle, not {envelope.resourceType[:60] or 'something without resourceType'}."
        )
        raise Invalid((Fault("Bundle", "structure", message),))
    if len(envelope.entry) > call.limits.bundle_entries_max:
        raise TooLarge(
            f"The bundle has {len(envelope.entry)} entries; this site takes at most {call.limits.bundle_entries_max}. Send it in parts."
        )
    return envelope


@dataclass(slots=True)
class Asked:
    """What one entry asks for: its method, the parts of its address, and its conditions."""

    number: int
    full_url: str | None
    method: str
    segments: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    request: EntryRequest
    resource: Any = None

    @property
    def path(self) -> str:
        """The FHIRPath of the entry."""
        return f"Bundle.entry[{self.number}]"

    @property
    def type(self) -> str:
        """The resource type that the address names."""
        return self.segments[0]


def asked(number: int, entry: EnvelopeEntry, base: str) -> Asked:
    """Take an entry's request apart; raises Invalid when it has none that we can read."""
    path = f"Bundle.entry[{number}].request"
    request = entry.request
    if request is None or not request.url or request.method not in METHODS:
        if request is None:
            fault = Fault(path, "required", "Each entry of a batch or transaction needs a request with method and url.")
        elif not request.url:
            fault = Fault(f"{path}.url", "required", "The request needs a url, for example Patient or Patient/123.")
        else:
            fault = Fault(f"{path}.method", "value", f"The method must be one of {', '.join(METHODS)}, not {request.method[:20]!r}.")
        raise Invalid((fault,))
    url = request.url
    if url.startswith(base + "/"):
        url = url[len(base) + 1 :]
    place, _, query = url.partition("?")
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    return Asked(number, entry.fullUrl, request.method, segments_of(place), pairs, request)


def write_faults(one: Asked, *, has_resource: bool) -> list[Fault]:
    """What is wrong with the address of a write inside a transaction."""
    url = f"{one.path}.request.url"
    faults: list[Fault] = []
    if not one.segments or one.segments[0] not in KNOWN_TYPES or len(one.segments) > 2:
        named = "/".join(one.segments)[:100]
        faults.append(
            Fault(url, "not-supported", f"A {one.method} in a transaction goes to a resource type or a resource, not to {named!r}.")
        )
    elif one.method == "POST" and len(one.segments) == 2:
        faults.append(Fault(url, "not-supported", "A POST in a transaction creates: its url is the resource type alone."))
    elif one.method in {"PUT", "PATCH", "DELETE"} and len(one.segments) == 1 and not one.pairs:
        faults.append(
            Fault(
                url,
                "required",
                f"A {one.method} needs the id of a resource, or a condition: Patient/123 or Patient?identifier=system|value.",
            )
        )
    if one.method in BODY_METHODS and not has_resource:
        faults.append(Fault(f"{one.path}.resource", "required", f"A {one.method} needs a resource."))
    if one.method not in BODY_METHODS and has_resource:
        faults.append(Fault(f"{one.path}.resource", "structure", f"A {one.method} takes no resource; leave it out."))
    return faults


def entry_call(call: Call, one: Asked, body: bytes = b"") -> Call:
    """The call that an entry would be if it came by itself."""
    request = one.request
    return call.derived(
        method=one.method,
        segments=one.segments,
        pairs=one.pairs,
        body=body,
        content_type="application/fhir+json" if body else None,
        if_match=request.ifMatch,
        if_none_match=request.ifNoneMatch,
        if_none_exist=request.ifNoneExist,
        if_modified_since=request.ifModifiedSince,
        resource_type=one.segments[0] if one.segments else "",
        id=one.segments[1] if len(one.segments) > 1 else "",
        version="",
        operation="",
        compartment_type="",
        accept=None,
    )
