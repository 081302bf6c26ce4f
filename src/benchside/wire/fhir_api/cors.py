"""Which browser pages of other sites may call the API: none, unless the site names them.

`BENCHSIDE_FHIR_CORS_ORIGINS` lists origins such as https://app.example.org; a star is not taken, since answers hold patient data.
Source: https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from collections.abc import MutableMapping
from typing import Final

from django.conf import settings
from django.http import HttpRequest

ALLOWED_HEADERS: Final = (
    "Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Exist, If-None-Match, Prefer, X-Purpose-Of-Use"
)
EXPOSED_HEADERS: Final = "Content-Location, ETag, Last-Modified, Location, WWW-Authenticate, X-Progress"
ALLOWED_METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
PREFLIGHT_SECONDS: Final = "600"


def allow(request: HttpRequest, headers: MutableMapping[str, str]) -> None:
    """Add the headers that let a named origin read the answer; nothing for any other."""
    origin: str | None = request.META.get("HTTP_ORIGIN")
    if origin is None:
        return
    origins: list[str] = getattr(settings, "BENCHSIDE_FHIR_CORS_ORIGINS", [])
    headers["Vary"] = "Origin"
    if origin not in origins:
        return
    headers["Access-Control-Allow-Origin"] = origin
    headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = ALLOWED_METHODS
        headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
