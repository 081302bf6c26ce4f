"""The start page of each role."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from benchside.workplace import Desk, screen


@screen("home", methods=("GET",))
def home(desk: Desk) -> HttpResponse:
    """Show what waits for this person, by role."""
    return render(desk.request, "staff/home.html", {"page": desk.page(_("Start"))})
