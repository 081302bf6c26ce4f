"""Addresses of the style pages: include at `/style/`."""

from django.urls import path

from benchside.pages import style

app_name = "style"
urlpatterns = [
    path("", style.show, {"name": "foundations"}, name="foundations"),
    path("find/tests", style.find_tests, name="find-tests"),
    path("try", style.try_form, name="try"),
    path("lock", style.lock, name="lock"),
    path("unlock", style.unlock, name="unlock"),
    path("alive", style.alive, name="alive"),
    path("print", style.printed, name="print"),
    path("<slug:name>/", style.show, name="page"),
]
