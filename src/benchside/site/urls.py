"""Which address is answered by which part."""

from importlib.util import find_spec

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path


def alive(request: HttpRequest) -> HttpResponse:
    """Answer that this process takes requests; touches nothing else."""
    del request
    return HttpResponse("alive\n", content_type="text/plain")


def _fhir_api() -> list[URLPattern | URLResolver]:
    try:
        return [path("fhir", include("benchside.wire.fhir_api.urls"))] if find_spec("benchside.wire.fhir_api.urls") else []
    except (ImportError, NotImplementedError):
        return []


urlpatterns = [
    path("health", alive, name="health"),
    *_fhir_api(),
]
