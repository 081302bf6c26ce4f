"""The site of the page tests: style pages, preferences, static files."""

from django.urls import include, path

from benchside.site import assets

urlpatterns = [
    path("style/", include("benchside.pages.urls")),
    path("preferences/", include("benchside.pages.preferences")),
    path("static/<str:digest>/<path:name>", assets.asset, name="asset"),
]
