"""Resources in: strict reading of FHIR JSON."""

from functools import cache

import msgspec

from benchside.fhir.fault import Fault, Invalid
from benchside.fhir.r4 import AnyResource


@cache
def _decoder() -> msgspec.json.Decoder[AnyResource]:
    """Build the decoder of every resource, once, when something is first read."""
    return msgspec.json.Decoder(AnyResource)


def read(raw: bytes, resource_type: str | None = None) -> AnyResource:
    """Read one resource of any type, or of `resource_type` only; raises Invalid with every fault."""
    try:
        resource = _decoder().decode(raw)
    except msgspec.DecodeError as error:
        raise Invalid([Fault(resource_type or "", "structure", str(error))]) from error
    if resource_type is not None and resource.resourceType != resource_type:
        raise Invalid([Fault(resource.resourceType, "invalid", f"a {resource_type} is expected here")])
    return resource
