"""Appearance and language, kept on the device: a tablet at the bench may be dark while the person's desk is light."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from benchside.pages.request import THEME_COOKIE

KEPT_S = 365 * 24 * 3600
THEMES = ("auto", "light", "dark")


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the chosen `theme` or `language` in a cookie and return to `next`, a path of our own."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    answer = HttpResponseRedirect(back)
    answer.status_code = 303
    theme, language = request.POST.get("theme"), request.POST.get("language")
    if theme in THEMES:
        _keep(answer, request, THEME_COOKIE, theme)
    if language and check_for_language(language) and language in dict(settings.LANGUAGES):
        _keep(answer, request, settings.LANGUAGE_COOKIE_NAME, language)
    return answer


def _keep(answer: HttpResponse, request: HttpRequest, name: str, value: str) -> None:
    answer.set_cookie(name, value, max_age=KEPT_S, samesite="Lax", secure=request.is_secure(), httponly=True)


urlpatterns = [path("", choose, name="preferences")]
