"""What the conditions `is: [...]` of writes.yaml mean, each a question about one change. Pure: no database, no clock."""

from collections.abc import Callable, Mapping
from typing import Any

from benchside.areas.bedside.vitals import package_vitals
from benchside.areas.laboratory.acts.arriving import ORDER_INTENTS, is_laboratory, orderable
from benchside.areas.laboratory.acts.arriving_orders import is_arriving
from benchside.areas.laboratory.acts.arriving_results import RELEASED, same_result
from benchside.areas.laboratory.catalogue import package_catalogue
from benchside.areas.laboratory.views.quality import CONTROL as CONTROL_CATEGORY
from benchside.fhir import r4
from benchside.readiness.gathering.kept import (
    ACCESSION,
    CATEGORY,
    COMPETENCE,
    LOINC,
    MESSAGE,
    WORK,
    code_of,
    codes_of,
    extension_url,
    target_of,
)
from benchside.readiness.gathering.lots import LOT
from benchside.wire.fhir_api.gate.change import Change

EKG = "11524-6"
PRESSURE = "85354-9"
ORDER_ELEMENTS = frozenset(
    {
        *("status", "intent", "code", "subject", "priority", "quantityQuantity", "quantityRatio", "quantityRange", "orderDetail"),
        *("occurrenceDateTime", "occurrencePeriod", "occurrenceTiming", "asNeededBoolean", "asNeededCodeableConcept"),
        *("doNotPerform", "bodySite", "requester", "reasonCode", "reasonReference", "patientInstruction"),
    }
)
"""What makes a ServiceRequest the order it is; a note, a tube or a place may be added without ordering anew."""
CLAIM_ELEMENTS = frozenset({"owner", "status", "lastModified", "note", "businessStatus"})
RECALL = ("recalled",)
CALIBRATION = ("calibration-due", "calibration-state", "calibration-lock")
CONTROL = ("control-state", "control-valid-until", "control-of-test")


def _order_changed(change: Change, _caller: str) -> bool:
    return bool(change.differing() & ORDER_ELEMENTS)


def _vital_signs(change: Change, _caller: str) -> bool:
    signs = {sign.loinc for sign in package_vitals().signs.values()} | {PRESSURE}
    found = change.either
    return "vital-signs" in codes_of(found.category, CATEGORY) or bool(signs & set(codes_of(found.code, LOINC)))


def _laboratory(change: Change, _caller: str) -> bool:
    return any(found is not None and is_laboratory(found) for found in (change.before, change.after))


def _point_of_care(change: Change, _caller: str) -> bool:
    test = package_catalogue().tests.get(orderable(change.either.code))
    return test is not None and test.definition.kind == "point_of_care"


def _ekg(change: Change, _caller: str) -> bool:
    return EKG in codes_of(change.either.code, LOINC)


def _released_and_unchanged(change: Change, _caller: str) -> bool:
    before, after = change.before, change.after
    if not (isinstance(before, r4.Observation) and isinstance(after, r4.Observation)):
        return False
    return before.status == after.status and before.status in RELEASED and same_result(before, after)


def _product_work(change: Change, _caller: str) -> bool:
    return any(found is not None and code_of(found.code, WORK) for found in (change.before, change.after))


def _only_owner(change: Change) -> bool:
    return change.before is not None and change.after is not None and change.differing() <= CLAIM_ELEMENTS


def _claimed(change: Change, caller: str) -> bool:
    return _only_owner(change) and target_of(change.after.owner) == caller and change.after.status == "accepted"


def _handed_over(change: Change, caller: str) -> bool:
    before, after = change.before, change.after
    if before is None or after is None or not _only_owner(change):
        return False
    return target_of(before.owner) == caller and not after.owner and after.status == "requested"


def _assigned(change: Change, caller: str) -> bool:
    if change.after is None or not _only_owner(change):
        return False
    return target_of(change.after.owner) not in ("", caller) and change.after.status == "accepted"


def _product_message(change: Change, _caller: str) -> bool:
    return change.before is not None and bool(code_of(change.before.category, MESSAGE))


def _product_notice(change: Change, _caller: str) -> bool:
    return code_of(change.either.category, MESSAGE) not in ("", "message")


def _drawn(specimen: Any) -> bool:
    if not isinstance(specimen, r4.Specimen) or specimen.collection is None:
        return False
    return specimen.collection.collectedDateTime is not None or specimen.collection.collectedPeriod is not None


def _collected(change: Change, _caller: str) -> bool:
    if not _drawn(change.after):
        return False
    return not _drawn(change.before) or "collection" in change.differing() or change.after.request != change.before.request


def _received(change: Change, _caller: str) -> bool:
    return change.after is not None and change.after.receivedTime is not None and "receivedTime" in change.differing()


def _rejected(change: Change, _caller: str) -> bool:
    return change.after is not None and change.after.status in ("unsatisfactory", "entered-in-error") and "status" in change.differing()


def _labelled(change: Change, _caller: str) -> bool:
    return change.after is not None and change.after.accessionIdentifier is not None and "accessionIdentifier" in change.differing()


def _competence(change: Change, _caller: str) -> bool:
    return any(found is not None and code_of(found.code, COMPETENCE) for found in (change.before, change.after))


def _marks(device: Any, names: tuple[str, ...]) -> list[r4.Extension]:
    urls = {extension_url(name) for name in names}
    return [one for one in (device.extension or () if device is not None else ()) if one.url in urls]


def _product_tube(change: Change, _caller: str) -> bool:
    label = change.before.accessionIdentifier if change.before is not None else None
    return label is not None and label.system == ACCESSION


def _control_point(change: Change, _caller: str) -> bool:
    return any(found is not None and CONTROL_CATEGORY in codes_of(found.category, CATEGORY) for found in (change.before, change.after))


def _product_lot(change: Change, _caller: str) -> bool:
    return any(own.system == LOT for found in (change.before, change.after) if found is not None for own in found.identifier or ())


def _lot_withdrawn(change: Change, _caller: str) -> bool:
    before, after = change.before, change.after
    return before is not None and (after is None or before.status != after.status or _marks(before, RECALL) != _marks(after, RECALL))


def _out_of_service(change: Change, _caller: str) -> bool:
    return change.before is not None and change.before.status == "active" and change.status(change.after) != "active"


def _back_in_service(change: Change, _caller: str) -> bool:
    return change.before is not None and change.before.status != "active" and change.status(change.after) == "active"


TRAITS: Mapping[str, Callable[[Change, str], bool]] = {
    "asks": lambda change, _caller: change.after is not None and is_arriving(change.after),
    "order-intent": lambda change, _caller: change.either.intent in ORDER_INTENTS,
    "order-changed": _order_changed,
    "vital-signs": _vital_signs,
    "laboratory": _laboratory,
    "point-of-care": _point_of_care,
    "ekg": _ekg,
    "released-and-unchanged": _released_and_unchanged,
    "product-work": _product_work,
    "claimed": _claimed,
    "handed-over": _handed_over,
    "assigned": _assigned,
    "product-message": _product_message,
    "product-notice": _product_notice,
    "collected": _collected,
    "received": _received,
    "rejected": _rejected,
    "labelled": _labelled,
    "competence": _competence,
    "calibration-changed": lambda change, _caller: _marks(change.before, CALIBRATION) != _marks(change.after, CALIBRATION),
    "control-changed": lambda change, _caller: _marks(change.before, CONTROL) != _marks(change.after, CONTROL),
    "product-tube": _product_tube,
    "control-point": _control_point,
    "product-lot": _product_lot,
    "lot-withdrawn": _lot_withdrawn,
    "out-of-service": _out_of_service,
    "back-in-service": _back_in_service,
}
"""Trait -> whether a change has it; the caller is `Practitioner/id`.

`asks`: an active order for something to be done. `laboratory`: a result or report of the laboratory, by category, tube or
code. `claimed`, `handed-over`, `assigned`: nothing but the owner of a task changes. `product-work`: a task of ours.
`product-message`: a message that an act wrote. `product-notice`: one of a kind only an act may write. `product-tube`, `product-lot`:
labelled, registered here. `control-point`: what a device measured of control material.
"""
