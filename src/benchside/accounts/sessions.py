"""The state of somebody's session at a screen: open, locked, or over. Kept on the server; the page's own lock only hides.

A session is locked when the person locks it, when the page tells that nobody touched it, and by the server itself when no
page was asked for long enough. It is over at the end of the shift, however often it was used.
"""

from datetime import datetime, timedelta
from typing import Final, Literal

from django.contrib.auth import login
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from benchside.accounts.models import Person

State = Literal["open", "locked", "over"]

LOCKED: Final = "accounts.locked"
SEEN: Final = "accounts.seen"
ENDS: Final = "accounts.ends"
NOTED_EVERY: Final = timedelta(minutes=1)
"""Activity is written to the session at most so often: reading must not mean writing."""
_BACKEND: Final = "benchside.accounts.sign_in.PasswordBackend"


def begin(request: HttpRequest, person: Person, *, at: datetime, ends: datetime) -> None:
    """Begin a session of its own for `person`, until `ends` at most; whatever the device's earlier session held is gone.

    The session gets a new name, and so does the token against forgery: nobody who planted or knew the old ones has anything.
    """
    request.session.flush()
    login(request, person, backend=_BACKEND)
    request.session[ENDS] = ends.isoformat()
    request.session[SEEN] = at.isoformat()


def lock(request: HttpRequest) -> None:
    """Lock the session; the server shows nothing more of it until the person has proved who they are."""
    request.session[LOCKED] = True


def unlock(request: HttpRequest, *, at: datetime) -> None:
    """Open a locked session again. It keeps its name: pages in other tabs still ask under it, and it was this person's before."""
    request.session.pop(LOCKED, None)
    request.session[SEEN] = at.isoformat()


def state(request: HttpRequest, *, at: datetime, idle: timedelta) -> State:
    """Say how the session stands at `at`, when it locks itself after `idle` without a page."""
    session = request.session
    ends, seen = session.get(ENDS), session.get(SEEN)
    if ends is not None and at >= _moment(ends):
        return "over"
    if session.get(LOCKED) or (seen is not None and at - _moment(seen) > idle):
        return "locked"
    return "open"


def note_activity(request: HttpRequest, *, at: datetime) -> None:
    """Note that the person asked for a page; written once a minute."""
    seen = request.session.get(SEEN)
    if seen is None or at - _moment(seen) >= NOTED_EVERY:
        request.session[SEEN] = at.isoformat()


def _moment(text: str) -> datetime:
    found = parse_datetime(text)
    assert found is not None  # our own invariant: written by `isoformat`
    return found
