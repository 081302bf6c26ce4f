"""Which address is answered by which part."""

from django.urls import include, path

from benchside.site import assets, health, start

urlpatterns = [
    path("fhir", include("benchside.wire.fhir_api.urls")),
    path("", start.home, name="home"),
    path("style/", include("benchside.pages.urls")),
    path("preferences/", include("benchside.pages.preferences")),
    path("", include("benchside.wire.printing.urls")),
    path("", include("benchside.areas.laboratory.screens.urls")),
    path("", include("benchside.areas.bedside.screens.urls")),
    path("", include("benchside.areas.reception.screens.urls")),
    path("", include("benchside.areas.staff.screens.urls")),
    path("static/<str:digest>/<path:name>", assets.asset, name="asset"),
    path("health", health.alive, name="alive"),
    path("health/ready", health.ready, name="ready"),
]
handler400 = "benchside.site.problems.bad_request"
handler403 = "benchside.site.problems.not_permitted"
handler404 = "benchside.site.problems.not_found"
handler500 = "benchside.site.problems.failed"
