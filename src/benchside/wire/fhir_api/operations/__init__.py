"""The operations of the API, as one table: dispatch and the CapabilityStatement read it.

Source: https://hl7.org/fhir/R4/operations.html
"""

from benchside.wire.fhir_api.export import kick_off
from benchside.wire.fhir_api.operations import everything, terminology, validate
from benchside.wire.fhir_api.operations.operation import Operation

__all__ = ["OPERATIONS", "Operation"]

OPERATIONS: tuple[Operation, ...] = (
    validate.OPERATION,
    everything.OPERATION,
    *terminology.OPERATIONS,
    kick_off.OPERATION,
)
