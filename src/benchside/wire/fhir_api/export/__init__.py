"""Bulk Data export: a job is a row, worked on in steps; its files grow chunk by chunk and survive a crash at any byte.

`kick_off` takes the request, `work` does the steps, `bulk` answers the polling and hands out the files.
Source: FHIR Bulk Data Access 2.0.0 (https://hl7.org/fhir/uv/bulkdata/STU2/export.html).
"""
