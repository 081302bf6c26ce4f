"""What a benchmark gives back, and how its section of RESULTS.md is written."""

import os
import platform
import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

RESULTS: Final = Path(__file__).resolve().parent / "RESULTS.md"
HEADING: Final = "# Measured\n\nEach section is written by `./bench NAME` on the machine and day it names. Machines differ; the ratios travel better than the figures.\n"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `peer` names what it stands beside: another program, a physical limit, or our own floor.

    `target` is in words ("at least 25 times"); `met` is None where there is none.
    """

    name: str
    value: float
    unit: str
    peer: str = ""
    peer_value: float | None = None
    target: str = ""
    met: bool | None = None

    @property
    def ratio(self) -> float | None:
        """Return value over peer's value."""
        return self.value / self.peer_value if self.peer_value else None


def machine() -> str:
    """Describe this machine in a line: processor, cores, memory, kernel, Python, SQLite, PostgreSQL when there is one."""
    parts = [
        f"{_processor()}, {os.cpu_count()} cores",
        f"{_memory_gib():.0f} GiB",
        f"{platform.system()} {platform.release()}",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
    ]
    version = _postgresql()
    return "; ".join([*parts, f"PostgreSQL {version}"] if version else parts)


def section(name: str, method: str, figures: list[Figure], *, at: datetime, seconds: float) -> str:
    """Return one benchmark's section as Markdown."""
    rows = ["| what | measured | beside | there | ratio | target |", "|---|---|---|---|---|---|"]
    for figure in figures:
        there = f"{_number(figure.peer_value)} {figure.unit}" if figure.peer_value is not None else ""
        ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
        mark = "" if figure.met is None else " (met)" if figure.met else " (NOT met)"
        rows.append(
            f"| {figure.name} | {_number(figure.value)} {figure.unit} | {figure.peer} | {there} | {ratio} | {figure.target}{mark} |"
        )
    head = f"## {name}\n\n{at:%Y-%m-%d %H:%M} UTC, {seconds:.0f} s, load {os.getloadavg()[0]:.1f} at the end. {machine()}.\n\n{method.strip()}\n"
    return head + "\n" + "\n".join(rows) + "\n"


def replace_section(text: str, name: str, new: str) -> str:
    """Return RESULTS.md's `text` with the section `name` replaced by `new`, or `new` added at the end."""
    pattern = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    if pattern.search(text):
        return pattern.sub(lambda _: new + "\n", text).rstrip() + "\n"
    return text.rstrip() + "\n\n" + new


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _processor() -> str:
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_gib() -> float:
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemTotal"):
            return int(line.split()[1]) / 1024 / 1024
    return 0.0


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _postgresql() -> str:
    import psycopg

    address = os.environ.get("BENCHSIDE_TEST_POSTGRESQL", "postgresql://127.0.0.1:5432/test?connect_timeout=3")
    try:
        with psycopg.connect(address) as connection:
            number = connection.info.server_version
    except psycopg.OperationalError:
        return ""
    return f"{number // 10000}.{number % 10000}"
