"""How long the server works on the main screens at a million observations, beside the same clinic a hundred times younger.

BENCHSIDE_BENCH_ORDERS sets how many orders there shall be (200,000 by default; results and patients go with it).
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from benchmarks.figures import Figure

NAME = "screens"
METHOD = """
A year of a busy clinic: 550 orders a day, five results an order, four orders a patient; open work and unread reports as they stand at
one moment. "One hundredth" is the same clinic in its first days. The rows are those of the record and of its views, loaded directly
(`screens_data.py`); the search index is left out, since no screen searches by it. Each screen is asked through Django's test client in
one process, whole pages with the shell, signed in, spread over patients and orders: 8 requests to warm up, then 60. Wall time is what
the server takes from request to last byte; CPU is this process's own (on PostgreSQL without the database's). The second target compares
medians. Growth of the 30-day board is growth of the days it shows: the younger clinic has fewer.
"""
ORDERS, PATIENTS, DAYS = 200_000, 50_000, 365
SHARE = 100
LIMIT_MS = 50.0
GROWTH_MAX = 1.5
POSTGRESQL = "postgresql://127.0.0.1:5432/test?connect_timeout=3"


def main() -> list[Figure]:
    """Measure every engine that answers, each at both sizes."""
    orders = int(os.environ.get("BENCHSIDE_BENCH_ORDERS", str(ORDERS)))
    found: list[Figure] = []
    for engine in _engines():
        small = measured(engine, max(orders // SHARE, 400))
        large = measured(engine, orders)
        found += figures(engine, small, large)
    return found


def _engines() -> list[str]:
    import psycopg

    try:
        psycopg.connect(os.environ.get("BENCHSIDE_TEST_POSTGRESQL", POSTGRESQL)).close()
    except psycopg.OperationalError:
        return ["SQLite"]
    return ["SQLite", "PostgreSQL"]


def figures(engine: str, small: dict[str, Any], large: dict[str, Any]) -> list[Figure]:
    """Every screen's figures, the large size beside the small."""
    counts = large["counts"]
    found = [
        Figure(f"{engine}: observations", counts["Observation"], "", "one hundredth", small["counts"]["Observation"]),
        Figure(f"{engine}: orders", counts["ServiceRequest"], "", "one hundredth", small["counts"]["ServiceRequest"]),
        Figure(f"{engine}: patients", counts["Patient"], "", "one hundredth", small["counts"]["Patient"]),
        Figure(f"{engine}: loading", large["seconds"], "s"),
    ]
    for screen, (wall, cpu) in large["screens"].items():
        before = small["screens"][screen][0]
        p95, p50 = percentile(wall, 95), statistics.median(wall)
        found += [
            Figure(f"{screen}, {engine}: p95", p95, "ms", target=f"under {LIMIT_MS:.0f} ms", met=p95 < LIMIT_MS),
            Figure(f"{screen}, {engine}: median", p50, "ms", "one hundredth", statistics.median(before),
                   f"at most {GROWTH_MAX} times", p50 <= GROWTH_MAX * statistics.median(before)),
            Figure(f"{screen}, {engine}: CPU, median", statistics.median(cpu), "ms"),
        ]  # fmt: skip
    return found


def percentile(values: list[float], percent: int) -> float:
    """The percentile by linear interpolation between ranks."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


@contextmanager
def _database(engine: str) -> Iterator[dict[str, str]]:
    """A fresh home and database; the environment that names them."""
    home = tempfile.mkdtemp(prefix="benchside-screens-")
    environment = {**os.environ, "BENCHSIDE_HOME": home, "DJANGO_SETTINGS_MODULE": "benchside.site.settings"}
    environment.pop("BENCHSIDE_DATABASE_URL", None)
    try:
        if engine == "SQLite":
            yield environment
            return
        import psycopg
        from psycopg import sql
        from psycopg.conninfo import conninfo_to_dict

        address, name = os.environ.get("BENCHSIDE_TEST_POSTGRESQL", POSTGRESQL), f"benchside_screens_{uuid4().hex[:8]}"
        parts = conninfo_to_dict(address)
        credentials = ":".join(str(parts[key]) for key in ("user", "password") if parts.get(key))
        place = f"{credentials}{'@' if credentials else ''}{parts.get('host', '')}{':' + str(parts['port']) if parts.get('port') else ''}"
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            try:
                yield {**environment, "BENCHSIDE_DATABASE_URL": f"postgresql://{place}/{name}"}
            finally:
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def measured(engine: str, orders: int) -> dict[str, Any]:
    """Load so many orders into a fresh database of `engine` and measure every screen, each step in a process of its own."""
    share = orders / ORDERS
    sizes = [str(orders), str(max(int(PATIENTS * share), 50)), str(max(round(DAYS * share), 1))]
    with _database(engine) as environment:
        loaded = _last_line([sys.executable, "-m", "benchmarks.screens_data", *sizes], environment)
        asked = _last_line([sys.executable, "-m", "benchmarks.screens_ask", json.dumps(loaded)], environment)
    return {**loaded, "screens": asked}


def _last_line(command: list[str], environment: dict[str, str]) -> Any:
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout.strip().splitlines()[-1])
