"""Resources in: strict reading of FHIR JSON.

The structs check themselves while msgspec decodes them, in C for all that their annotations say. What no struct can see is looked for
here in the bytes: members given twice (msgspec keeps the last), nulls, numbers in quotation marks, control characters. A document that
is refused or doubted is looked at again by `examination`, which tells all its faults.
"""

import re
from functools import cache

import msgspec

from benchside.fhir.contained import contained_faults, is_plainly_sound
from benchside.fhir.fault import Fault, Invalid
from benchside.fhir.r4 import AnyResource
from benchside.fhir.rules import notes
from benchside.fhir.writing import write

_DOUBTFUL_ESCAPE = re.compile(rb"\\(?:u00(?:[01]|22)|[bf])")
"""Control characters, which no text may hold; and escaped quotation marks, which would spoil the counting of members below."""


@cache
def _decoder() -> msgspec.json.Decoder[AnyResource]:
    """Build the decoder of every resource, once, when something is first read."""
    return msgspec.json.Decoder(AnyResource)


def _refused(raw: bytes, why: BaseException | None) -> Invalid | None:
    from benchside.fhir.examination import examine  # half a second of imports and tables that sound documents never need

    faults = examine(raw)
    if faults:
        return Invalid(faults)
    if why is not None:  # The two looks differ. The struct's own words are better than letting the document in.
        return Invalid([Fault("", "invalid", str(why))])
    return None


def read(raw: bytes, resource_type: str | None = None) -> AnyResource:
    """Read one resource of any type, or of `resource_type` only.

    Checks structure, cardinality, formats, required codes, reference targets, narratives and the invariants of FHIR R4. Raises Invalid
    with every fault. Decimals keep their digits; what comes back from `write` is equal to what was read.
    """
    noted = notes()
    noted.clear()
    try:
        resource = _decoder().decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        refusal = _refused(raw, error)
        assert refusal is not None
        raise refusal from error
    # A member given twice, null, or a number in quotation marks: each takes quotation marks away when it is written back.
    doubted = noted.doubted or (b"\\" in raw and _DOUBTFUL_ESCAPE.search(raw) is not None)
    if doubted or ((back := write(resource)) != raw and raw.count(b'"') != back.count(b'"')):
        refusal = _refused(raw, None)
        if refusal is not None:
            raise refusal
    if noted.local and not is_plainly_sound(resource, noted):
        faults = contained_faults(resource)
        if faults:
            raise Invalid(faults)
    if resource_type is not None and resource.resourceType != resource_type:
        words = f"a {resource_type} is expected here; found a {resource.resourceType}"
        raise Invalid([Fault(resource.resourceType, "invalid", words)])
    return resource


def restore(raw: bytes) -> AnyResource:
    """Decode a resource that `read` let in before and that nobody could change since, such as a version in the record.

    Faster than `read`: what no struct can check for itself is taken for granted. Raises msgspec.DecodeError when it is not what it should be.
    """
    return _decoder().decode(raw)


def check(resource: AnyResource) -> tuple[Fault, ...]:
    """Tell what is wrong with a resource made in Python; empty when nothing is. Structs do not check themselves when attributes are set."""
    try:
        read(write(resource), resource.resourceType)
    except Invalid as error:
        return error.faults
    return ()
