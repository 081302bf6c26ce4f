"""What is posted to the base address: a batch, whose entries stand alone, or a transaction.

Source: https://hl7.org/fhir/R4/http.html#transaction
"""

from typing import TYPE_CHECKING

from benchside.fhir import Invalid, read
from benchside.wire.fhir_api import bundles, transaction
from benchside.wire.fhir_api.bundle_entries import Asked, Envelope, asked, entry_call, envelope_in
from benchside.wire.fhir_api.call import Answer, Call
from benchside.wire.fhir_api.negotiation import require_json_body
from benchside.wire.fhir_api.outcomes import answer_for
from benchside.wire.fhir_api.patching import unpack_entry
from benchside.wire.fhir_api.presenting import presented
from benchside.wire.fhir_api.problems import BadRequest

if TYPE_CHECKING:
    from benchside.wire.fhir_api.bundle_entries import EnvelopeEntry


def receive(call: Call) -> Answer:
    """Carry out a batch or transaction; raises BadRequest for a bundle of another type."""
    require_json_body(call.content_type)
    envelope = envelope_in(call)
    if envelope.type == "transaction":
        return transaction.transaction(call, envelope)
    if envelope.type == "batch":
        return batch(call, envelope)
    raise BadRequest(
        f"A Bundle sent to the base address must be of type batch or transaction, not {envelope.type[:60]!r}; "
        "to keep a Bundle as it is, send it to /Bundle."
    )


def batch(call: Call, envelope: Envelope) -> Answer:
    """Carry out each entry by itself, in the order of the bundle; the failure of one does not touch the others."""
    _require_sound_envelope(call)
    with_resource = call.preferences.return_ == "representation"
    answered = (_answered(call, number, entry, with_resource=with_resource) for number, entry in enumerate(envelope.entry))
    return Answer(200, bundles.bundle("batch-response", answered), "Bundle", presented=True)


def _require_sound_envelope(call: Call) -> None:
    """Raise Invalid for faults of the bundle itself; those inside an entry belong to that entry's answer."""
    try:
        read(call.body, "Bundle")
    except Invalid as invalid:
        outer = tuple(fault for fault in invalid.faults if not fault.path.startswith("Bundle.entry["))
        if outer:
            raise Invalid(outer) from None


def _require_no_bundle(one: Asked) -> None:
    if not one.segments and one.method == "POST":
        raise BadRequest("A batch or transaction can't be inside a batch.")


def _answered(call: Call, number: int, entry: "EnvelopeEntry", *, with_resource: bool) -> bytes:
    try:
        one = asked(number, entry, call.base)
        _require_no_bundle(one)
        inner = entry_call(call, one, bytes(entry.resource))
        if one.method == "PATCH":
            unpack_entry(inner)
        answer = presented(inner, call.dispatch(inner))
        shows = with_resource or one.method in {"GET", "HEAD"} or bool(inner.operation)
    except Exception as error:  # noqa: BLE001 - each entry of a batch is a request of its own, so each has a door of its own
        answer, shows = answer_for(error), False
    return bundles.answered_entry(answer, call.base, with_resource=shows)
