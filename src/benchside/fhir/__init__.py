"""FHIR R4 as data: read it, check it, write it. Pure: no database, no web, no clock."""

from benchside.fhir.fault import Fault, Invalid, operation_outcome
from benchside.fhir.reading import check, read, restore
from benchside.fhir.writing import write

__all__ = ["Fault", "Invalid", "check", "operation_outcome", "read", "restore", "write"]
