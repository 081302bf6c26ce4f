"""The clinic on each engine, and its people at their desks: Django's client, signed in, with the clinic's clock."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from benchside.accounts.models import Person
from benchside.workplace import clock
from tests.acts.accounts import open_accounts
from tests.acts.clinic import Clinic, open_clinic
from tests.screens.drawn import DrawnForm, forms_of


@pytest.fixture
def clinic(database: str, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """An open clinic on each engine, with accounts; the screens' clock is the clinic's (`clinic.tell`)."""
    del database
    opened = open_clinic()
    open_accounts()
    monkeypatch.setattr(clock, "now", lambda: opened.now)
    return opened


class Seat:
    """One person at a device. `get` and `post` answer as Django's client; `send` fills a drawn form and sends it."""

    def __init__(self) -> None:
        self.client = Client()

    def get(self, url: str, **headers: str) -> HttpResponse:
        """Open a page; headers as `HX_Request="true"`."""
        return self.client.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})  # type: ignore[return-value]  # the client's own subclass

    def text(self, url: str) -> str:
        """The page's HTML; it must be there."""
        answer = self.get(url)
        assert answer.status_code == 200, (url, answer.status_code, answer.get("Location"))
        return answer.content.decode()

    def post(self, url: str, fields: dict[str, Any] | None = None) -> HttpResponse:
        """Send fields as they are."""
        return self.client.post(url, fields or {})  # type: ignore[return-value]  # the client's own subclass

    def form(self, url: str, form_id: str = "f-form") -> DrawnForm:
        """The form of a page, with what a browser would send."""
        return next(form for form in forms_of(self.text(url)) if form.id == form_id)

    def send(self, url: str, fields: dict[str, Any], form_id: str = "f-form") -> HttpResponse:
        """Open the page, fill its form and send it where it goes."""
        drawn = self.form(url, form_id)
        return self.post(drawn.action, {**drawn.fields, **fields})


@pytest.fixture
def at_desk(clinic: Clinic) -> Callable[[str], Seat]:
    """`at_desk("tara")`: a seat where that person is signed in; `at_desk("")`: where nobody is."""
    del clinic

    def seated(name: str) -> Seat:
        seat = Seat()
        if name:
            seat.client.force_login(Person.objects.get(username=name))
        return seat

    return seated
