"""The FHIR R4 REST API at `/fhir`: one file per interaction, one door for all of them.

How a request travels: `door` (signs in, negotiates, maps every error) -> `routes` (one table) -> the interaction's own file ->
`record`. Errors are data (`problems`) until the door turns them into a status and an OperationOutcome.
Source: https://hl7.org/fhir/R4/http.html
"""
