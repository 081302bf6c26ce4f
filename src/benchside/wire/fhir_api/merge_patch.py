"""JSON Merge Patch: an object of the elements to replace, null for those to remove. FHIR R4 does not have it; fhirpy sends it.

Source: RFC 7396
"""

from decimal import Decimal
from typing import Any, Final

import msgspec

from benchside.fhir import Fault, Invalid

MERGE_PATCH_TYPE: Final = "application/merge-patch+json"
DEPTH_MAX: Final = 100

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def is_merge_patch(body: bytes) -> bool:
    """Whether a body of plain JSON is a merge patch: an object that does not say which resource it is."""
    try:
        patch = _decode(body)
    except msgspec.DecodeError:
        return False
    return isinstance(patch, dict) and "resourceType" not in patch


def merged(document: bytes, body: bytes) -> bytes:
    """`document` with the patch in `body`; decimals keep their digits. Raises Invalid when the patch is no JSON object."""
    try:
        patch = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid((Fault("", "structure", f"The patch is not JSON: {error}"),)) from None
    if not isinstance(patch, dict):
        raise Invalid((Fault("", "structure", "A merge patch is a JSON object of the elements to change."),))
    return _encode(_merge(_decode(document), patch, 0))


def _merge(target: Any, patch: Any, depth: int) -> Any:
    if depth > DEPTH_MAX:
        raise Invalid((Fault("", "too-long", f"The patch is nested deeper than {DEPTH_MAX}."),))
    if not isinstance(patch, dict):
        return patch
    kept: dict[str, Any] = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = _merge(kept.get(name), value, depth + 1)
    return kept
