"""`benchside serve` as it runs: parts that crash come back, and nothing outlives the supervisor."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchside.site.supervisor import BACKOFF_FIRST_S, Part, Supervisor

PATIENCE_S = 90


def eventually(question: Callable[[], object]) -> None:
    """Wait until `question` is answered yes; the machine may be busy."""
    deadline = time.monotonic() + PATIENCE_S
    while not question():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Site:
    """A running `benchside serve`."""

    def __init__(self, url: str, home: Path, *arguments: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("BENCHSIDE", "DJANGO"))}
        self.log = home / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchside", "serve", "--port", str(self.port), "--workers", "1", *arguments],
                env={**variables, "BENCHSIDE_HOME": str(home), "BENCHSIDE_DATABASE_URL": url},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def says(self, word: str) -> bool:
        return word in self.log.read_text()

    def status(self, path: str = "/health") -> int:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0

    def family(self) -> set[int]:
        """Give the processes that descend from ours."""
        parents: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                except (OSError, IndexError):
                    continue
        found = {self.process.pid}
        while more := {child for child, parent in parents.items() if parent in found} - found:
            found |= more
        return found - {self.process.pid}


@pytest.fixture
def site(sqlite_database: str, tmp_path: Path) -> Iterator[Site]:
    running = Site(sqlite_database, tmp_path)
    eventually(lambda: running.says("Benchside is ready") or running.process.poll() is not None)
    yield running
    family = running.family()
    running.process.kill()
    running.process.wait()
    eventually(lambda: not any(map(alive, family)))


def test_it_serves_says_so_and_stops_cleanly(site: Site) -> None:
    assert site.says(f"Benchside is ready at http://127.0.0.1:{site.port}")
    assert site.status("/health/ready") == 200
    assert site.status("/fhir/metadata") == 200
    family = site.family()
    assert len(family) >= 3
    site.process.send_signal(signal.SIGTERM)
    assert site.process.wait(PATIENCE_S) == 0
    assert not any(map(alive, family))


def test_a_web_part_that_dies_comes_back(site: Site) -> None:
    web = next(process for process in site.family() if b"benchside.site.web" in Path(f"/proc/{process}/cmdline").read_bytes())
    os.kill(web, signal.SIGKILL)
    eventually(lambda: not alive(web))
    eventually(lambda: site.status() == 200)


def test_nothing_outlives_a_supervisor_that_is_killed(site: Site) -> None:
    family = site.family()
    site.process.kill()
    site.process.wait()
    eventually(lambda: not any(map(alive, family)))


def test_logs_are_lines_of_json(site: Site) -> None:
    lines = [line for line in site.log.read_text().splitlines() if not line.startswith("Benchside is ready")]
    assert lines
    assert {json.loads(line)["level"] for line in lines} <= {"info", "warning"}


def test_a_taken_address_is_refused_in_words(sqlite_database: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = Site(sqlite_database, tmp_path, "--port", str(taken.getsockname()[1]))
        assert refused.process.wait(PATIENCE_S) == 1
    assert refused.says("Cannot listen on")
    assert not refused.says("Traceback")


def test_a_part_that_keeps_crashing_is_started_with_growing_pauses() -> None:
    now = [1000.0]
    part = Part("crashing", [sys.executable, "-c", "raise SystemExit(3)"])
    supervisor = Supervisor([part], clock=lambda: now[0])
    supervisor._start(part)
    pauses: list[float] = []
    for _ in range(4):
        assert part.process is not None
        part.process.wait()
        supervisor._look_after(part)
        assert part.process is None, "not before the pause is over"
        pauses.append(part.start_again - now[0])
        now[0] = part.start_again
        supervisor._look_after(part)
        assert part.process is not None
    part.process.wait()
    supervisor._stop_all()
    assert pauses == [BACKOFF_FIRST_S, 2 * BACKOFF_FIRST_S, 4 * BACKOFF_FIRST_S, 8 * BACKOFF_FIRST_S]
