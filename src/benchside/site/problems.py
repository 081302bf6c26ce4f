"""Pages for what went wrong: the web door's one table from a problem to an answer. They never show details."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from benchside.pages.request import page_for

# Without a template: what failed may be the templates.
FAILED: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Something went wrong · Benchside</title>
<h1>Something went wrong</h1>
<p>The fault is ours and has been noted. Nothing was saved; try again, and tell an administrator if it stays.</p>
<p><a href="/">Back to the start</a></p>
</html>
"""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400: the browser sent something that cannot be read."""
    del exception
    return _page(request, 400, _("This request cannot be read"), _("Go back, reload the page and try again."))


def not_permitted(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    """Answer 403: signed in, but without the right; or the form came from elsewhere or from an ended session."""
    del exception, reason
    words = _("Your roles do not include this, or your session has ended. Sign in again, or ask an administrator.")
    return _page(request, 403, _("Not permitted"), words)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: no page has this address."""
    del exception
    return _page(request, 404, _("There is no such page"), _("The address may be misspelt, or what it showed is gone."))


def failed(request: HttpRequest) -> HttpResponse:
    """Answer 500: a fault of ours; it is in the log."""
    del request
    return HttpResponse(FAILED, status=500)


def _page(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse:
    page = page_for(request, title=title, site=settings.BENCHSIDE_SITE_NAME, now=timezone.now())
    return render(request, "site/problem.html", {"page": page, "words": words}, status=status)
