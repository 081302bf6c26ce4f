"""The FHIR API over HTTP: reads, searches, creates and transactions per second at 8 clients, sign-in and access checks on.

Each engine gets a server of two processes on a record loaded with the Synthea bundles of BENCHSIDE_DATA.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec

from benchmarks.figures import Figure
from benchmarks.http_load import Load, Result, run_load

NAME = "http"
METHOD = """
`benchside.site.web` with 2 processes of 2 threads serves a record loaded with the Synthea bundles; the load generator (wrk
where it is installed, otherwise asyncio) runs on the same machine, so both share its cores. 8 clients with kept connections
send one kind of request for some seconds after a warm-up; every request carries a bearer token that is looked up, its scopes
are checked and its read is written to the access log. Reads and searches are spread over many resources and patients; each
search (Observation by patient, code and date) has 20 results and their total. SQLite runs in WAL mode with synchronous =
FULL, PostgreSQL with the settings it was found with. CPU is that of the server's own processes (on PostgreSQL without the
database's) for each request. The peer is `/health` of the same server under the same load: what the shell costs when
nothing is done.
"""
CLIENTS: Final = 8
SECONDS: Final = float(os.environ.get("BENCHSIDE_BENCH_SECONDS", "5"))
WARM_UP_SECONDS: Final = 1.5
P99_MS_MAX: Final = 50.0
FLOORS: Final[dict[str, dict[str, float]]] = {
    "sqlite": {"read": 1_500, "search": 500, "create": 300, "transaction": 12},
    "postgresql": {"read": 1_500, "search": 500, "create": 500, "transaction": 12},
}
POSTGRESQL: Final = os.environ.get("BENCHSIDE_TEST_POSTGRESQL", "postgresql://127.0.0.1:5432/test?connect_timeout=3")
HERTZ: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the load needs to know about the loaded record."""

    token: str
    reads: list[str]
    searches: list[str]
    observation: dict[str, Any]
    resources: int


def main() -> list[Figure]:
    """Measure each engine that can be reached."""
    figures: list[Figure] = []
    for engine in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory(prefix="benchside-http-") as folder, database(engine, Path(folder)) as url:
            if url is None:
                sys.stderr.write("PostgreSQL did not answer: it was NOT measured.\n")
                continue
            figures += _measure(engine, url, Path(folder))
    return figures


@contextmanager
def database(engine: str, folder: Path) -> Iterator[str | None]:
    """A database of this engine for the time of the block; its address, None when there is none."""
    if engine == "sqlite":
        yield f"sqlite:///{folder}/benchside.sqlite3"
        return
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    try:
        connection = psycopg.connect(POSTGRESQL, autocommit=True)
    except psycopg.OperationalError:
        yield None
        return
    name = f"benchside_bench_{uuid4().hex[:8]}"
    with connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        parts = conninfo_to_dict(POSTGRESQL)
        assert make_conninfo(**parts)
        host, port, user = parts.get("host", "127.0.0.1"), parts.get("port", "5432"), parts.get("user")
        try:
            yield f"postgresql://{f'{user}@' if user else ''}{host}:{port}/{name}"
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _measure(engine: str, url: str, folder: Path) -> list[Figure]:
    environment = {
        **os.environ,
        "BENCHSIDE_DATABASE_URL": url,
        "BENCHSIDE_HOME": str(folder),
        "DJANGO_SETTINGS_MODULE": "benchside.site.settings",
    }
    made = subprocess.run([sys.executable, "-m", "benchmarks.http_data"], env=environment, check=True, stdout=subprocess.PIPE)
    prepared = msgspec.json.decode(made.stdout.splitlines()[-1], type=Prepared)
    words = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[engine]
    with server(environment, folder) as (port, process):
        shell = _loaded(port, process, Load("GET", ["/health"], prepared.token))[0]
        figures: list[Figure] = []
        for name, load in _loads(prepared).items():
            result, cpu_ms = _loaded(port, process, load)
            figures += _told(f"{name}, {words}", result, cpu_ms, FLOORS[engine][name], shell, single=name != "transaction")
    figures.append(Figure(f"/health (the shell), {words}", shell.per_second, "/s"))
    return figures


def _loads(prepared: Prepared) -> dict[str, Load]:
    observation = json.dumps(prepared.observation).encode()
    entry = {"resource": prepared.observation, "request": {"method": "POST", "url": "Observation"}}
    bundle = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry] * 100}).encode()
    return {
        "read": Load("GET", prepared.reads, prepared.token),
        "search": Load("GET", prepared.searches, prepared.token),
        "create": Load("POST", ["/fhir/Observation"], prepared.token, observation),
        "transaction": Load("POST", ["/fhir"], prepared.token, bundle),
    }


def _loaded(port: int, process: int, load: Load) -> tuple[Result, float]:
    """The result of a load, and the server's CPU time in ms for each request."""
    run_load(port, load, clients=CLIENTS, seconds=WARM_UP_SECONDS)
    before = cpu_seconds(process)
    result = run_load(port, load, clients=CLIENTS, seconds=SECONDS)
    spent = cpu_seconds(process) - before
    return result, 1000 * spent / max(result.requests, 1)


def _told(name: str, result: Result, cpu_ms: float, floor: float, shell: Result, *, single: bool) -> list[Figure]:
    if result.failed:
        raise RuntimeError(f"{name}: {result.failed} of {result.requests} requests failed")
    figures = [
        Figure(name, result.per_second, "/s", "/health", shell.per_second, f"at least {floor:g}/s", result.per_second >= floor),
        Figure(f"{name}: server CPU", cpu_ms, "ms"),
    ]
    aim = (f"under {P99_MS_MAX:g} ms", result.p99_ms < P99_MS_MAX) if single else ("", None)
    return [*figures, Figure(f"{name}: p99", result.p99_ms, "ms", target=aim[0], met=aim[1])]


@contextmanager
def server(environment: dict[str, str], folder: Path) -> Iterator[tuple[int, int]]:
    """A running server: its port and its process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "benchside.site.web", "--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--threads", "2"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            _wait(port)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(timeout=30)
            shutil.rmtree(folder / "access", ignore_errors=True)


def _wait(port: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start within 120 s")


def cpu_seconds(process: int) -> float:
    """CPU seconds that a process and its children have used so far."""
    total = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(path.parent.name) == process or int(fields[1]) == process:
            total += int(fields[11]) + int(fields[12])
    return total / HERTZ
