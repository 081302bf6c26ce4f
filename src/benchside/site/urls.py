"""Which address is answered by which part."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from benchside.site import assets, entrance, health


def _fhir_api() -> list[URLPattern | URLResolver]:
    try:
        return [path("fhir", include("benchside.wire.fhir_api.urls"))] if find_spec("benchside.wire.fhir_api.urls") else []
    except (ImportError, NotImplementedError):
        return []


urlpatterns = [
    *_fhir_api(),
    path("", entrance.home, name="home"),
    path("sign-in", entrance.sign_in, name="sign-in"),
    path("sign-out", entrance.sign_out, name="sign-out"),
    path("static/<str:digest>/<path:name>", assets.asset, name="asset"),
    path("health", health.alive, name="alive"),
    path("health/ready", health.ready, name="ready"),
]
handler400 = "benchside.site.problems.bad_request"
handler403 = "benchside.site.problems.not_permitted"
handler404 = "benchside.site.problems.not_found"
handler500 = "benchside.site.problems.failed"
