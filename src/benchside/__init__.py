"""Benchside: the work system of clinical technicians, on a FHIR R4 record."""

__version__ = "0.1.0"
