"""Watching a demo day: how fast its clock runs, how it is paused, and what it left when it is over."""

import time
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Final

from benchside.demo.day import Tally

WAIT_S_MAX: Final = 3600.0


class StoppedWatching(Exception):
    """Whoever watched the day ended it; what was done until then stays."""


def begin_of(now: datetime, hours: float, speed: float) -> datetime:
    """When a day of `hours` begins on its own clock, so that it ends together with the wall's: at speed 1 that is now."""
    length = timedelta(hours=hours)
    return now + length / speed - length


class Pace:
    """Waits until the day's clock has reached a moment. Ctrl+C pauses: `ask` says whether to go on."""

    def __init__(self, begin: datetime, speed: float, ask: Callable[[], bool], sleep: Callable[[float], None] = time.sleep) -> None:
        self.clock, self.speed, self.ask, self.sleep = begin, speed, ask, sleep

    def __call__(self, moment: datetime) -> None:
        """Wait. Raises StoppedWatching when whoever watches has seen enough."""
        gap = (moment - self.clock) / timedelta(seconds=1) / self.speed
        try:
            if gap > 0:
                self.sleep(min(gap, WAIT_S_MAX))
        except KeyboardInterrupt:
            if not self.ask():
                raise StoppedWatching from None
        self.clock = max(self.clock, moment)


def summary(tally: Tally) -> str:
    """What the day left, one line a number."""
    return "\n".join(f"{getattr(tally, one.name):5d}  {one.name}" for one in fields(tally) if getattr(tally, one.name))
