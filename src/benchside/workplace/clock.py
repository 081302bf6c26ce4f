"""The clock of the screens: asked once a request, then handed on as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time, in UTC. Tests put their own in its place."""
    return datetime.now(UTC)
