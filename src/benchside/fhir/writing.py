"""Resources out: compact JSON in the order of the definitions."""

import msgspec

from benchside.fhir.r4 import AnyResource

_encoder = msgspec.json.Encoder(decimal_format="number")


def write(resource: AnyResource) -> bytes:
    """Encode a resource as compact JSON in UTF-8; decimals keep the digits they were read with.

    Nothing is checked here: a resource that `read` gave is valid, one made in Python is checked by `reading.check`.
    """
    return _encoder.encode(resource)
