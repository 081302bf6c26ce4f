"""Every reason why the API refuses a request: one class per meaning, told in one sentence.

The class knows its HTTP status and FHIR issue code; the place that raises it adds what exactly is wrong. `door` is the only
reader of `status`. Source of the status codes: https://hl7.org/fhir/R4/http.html#Status-Codes
"""

from collections.abc import Mapping
from typing import ClassVar

from benchside.fhir import Fault

NO_HEADERS: Mapping[str, str] = {}


class Problem(Exception):
    """The request can't be answered as asked; `faults` say why, each in words for a person."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"

    def __init__(self, *messages: str, faults: tuple[Fault, ...] = (), headers: Mapping[str, str] = NO_HEADERS) -> None:
        super().__init__(*messages)
        self.faults = faults + tuple(Fault(path="", code=self.code, message=message) for message in messages)
        self.headers = headers


class BadRequest(Problem):
    """The request is not well formed."""


class NotSignedIn(Problem):
    """No valid bearer token came with the request."""

    status = 401
    code = "login"


class NotPermitted(Problem):
    """The person or system is known, but none of their scopes allows this."""

    status = 403
    code = "forbidden"


class UnknownAddress(Problem):
    """The address is no FHIR end point: unknown resource type, operation or path."""

    status = 404
    code = "not-supported"


class NoSuchResource(Problem):
    """The address is right, but nothing is kept there."""

    status = 404
    code = "not-found"


class MethodNotAllowed(Problem):
    """The address is right, but it does not answer this HTTP method."""

    status = 405
    code = "not-supported"


class NotAcceptable(Problem):
    """The client accepts no format that we can write."""

    status = 406
    code = "not-supported"


class Conflicting(Problem):
    """The change disagrees with something that is already there or happens at the same time."""

    status = 409
    code = "conflict"


class PreconditionFailed(Problem):
    """A condition that the client named (`If-Match`, `If-None-Exist`, a search) does not hold."""

    status = 412
    code = "conflict"


class SeveralMatch(Problem):
    """A condition that must select one resource selects several."""

    status = 412
    code = "multiple-matches"


class TooLarge(Problem):
    """The request is larger than a limit of this site allows."""

    status = 413
    code = "too-long"


class AddressTooLong(Problem):
    """The URL is longer than a limit of this site allows."""

    status = 414
    code = "too-long"


class UnsupportedMediaType(Problem):
    """The body is in a format that we can't read."""

    status = 415
    code = "not-supported"


class Unprocessable(Problem):
    """The request is well formed but breaks a rule of the record."""

    status = 422
    code = "business-rule"


class TooCostly(Problem):
    """The request asks for more work than a limit of this site allows."""

    status = 400
    code = "too-costly"


class TooMany(Problem):
    """Too many of these are under way already; try again later."""

    status = 429
    code = "throttled"
