"""Ask the screens that `benchmarks/screens.py` measures; run as a program of its own, under the environment of one engine.

`python -m benchmarks.screens_ask '{"orders": [...], "patients": [...]}'` prints {screen: [[wall ms...], [CPU ms...]]} as one line.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

WARM_UP = 8
REQUESTS = 60


def screens(loaded: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    """Who asks for which addresses, by screen."""
    patients, orders = loaded["patients"], loaded["orders"]
    return {
        "worklist": ("tomas", ["/worklist"]),
        "patient chart": ("clara", [f"/patients/{own}" for own in patients]),
        "bench": ("hugo", ["/bench"]),
        "result entry": ("hugo", [f"/orders/{own}/result" for own in orders]),
        "inbox": ("clara", ["/inbox"]),
        "board, today": ("lena", ["/board"]),
        "board, 30 days": ("lena", ["/board?period=30"]),
        "load": ("lena", ["/load"]),
    }


def main() -> None:
    """Sign in, ask, measure."""
    import django

    django.setup()
    from django.test import Client

    from benchside.accounts.models import Person

    found: dict[str, Any] = {}
    for screen, (who, addresses) in screens(json.loads(sys.argv[1])).items():
        client = Client(headers={"host": "localhost"})
        client.force_login(Person.objects.get(username=who))
        wall: list[float] = []
        cpu: list[float] = []
        for number in range(WARM_UP + REQUESTS):
            address = addresses[number % len(addresses)]
            began, busy = time.perf_counter(), time.process_time()
            answer = client.get(address)
            _ = answer.content
            took = (time.perf_counter() - began) * 1000, (time.process_time() - busy) * 1000
            if answer.status_code != 200:
                message = f"{address} answered {answer.status_code} to {who}"
                raise RuntimeError(message)
            if number >= WARM_UP:
                wall.append(round(took[0], 3))
                cpu.append(round(took[1], 3))
        found[screen] = (wall, cpu)
    sys.stdout.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
