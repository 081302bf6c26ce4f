"""Which address is answered by which part."""

from importlib.util import find_spec

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def alive(request: HttpRequest) -> HttpResponse:
    """Answer that this process takes requests; touches nothing else."""
    del request
    return HttpResponse("alive\n", content_type="text/plain")


urlpatterns = [
    path("health", alive, name="health"),
    *([path("fhir", include("benchside.wire.fhir_api.urls"))] if find_spec("benchside.wire.fhir_api.urls") else []),
]
