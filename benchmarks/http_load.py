"""The load for `benchmarks/http.py`: wrk where it is installed, otherwise connections of our own in one asyncio process."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WRK_SCRIPT: Final = """
local paths = %(paths)s
local body = %(body)s
local headers = {["Authorization"] = "Bearer %(token)s", ["Content-Type"] = "application/fhir+json", ["Prefer"] = "return=minimal"}
local number = 0
request = function()
  number = number + 1
  return wrk.format("%(method)s", paths[(number %% #paths) + 1], headers, body)
end
done = function(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of request: its method, the addresses it goes to in turn, and its body."""

    method: str
    paths: list[str]
    token: str
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Result:
    """What a load gave. Latencies are in ms, as the clients saw them."""

    requests: int
    seconds: float
    failed: int
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Requests for each second."""
        return self.requests / self.seconds


def run_load(port: int, load: Load, *, clients: int, seconds: float) -> Result:
    """Send the load for some seconds."""
    program = shutil.which("wrk")
    return _by_wrk(program, port, load, clients, seconds) if program else asyncio.run(_by_asyncio(port, load, clients, seconds))


def _by_wrk(program: str, port: int, load: Load, clients: int, seconds: float) -> Result:
    paths = "{" + ", ".join(json.dumps(path) for path in load.paths) + "}"
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "load.lua"
        body = json.dumps(load.body.decode()) if load.body else "nil"
        script.write_text(WRK_SCRIPT % {"paths": paths, "body": body, "token": load.token, "method": load.method})
        command = [
            program,
            "-t1",
            f"-c{clients}",
            f"-d{max(1, round(seconds))}s",
            "--timeout",
            "30s",
            "-s",
            str(script),
            f"http://127.0.0.1:{port}/",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    (line,) = [row for row in done.stdout.splitlines() if row.startswith("RESULT ")]
    requests, duration_us, failed, p50_us, p99_us = map(int, line.split()[1:])
    return Result(requests, duration_us / 1e6, failed, p50_us / 1e3, p99_us / 1e3)


async def _by_asyncio(port: int, load: Load, clients: int, seconds: float) -> Result:
    head = (
        f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {load.token}\r\nContent-Type: application/fhir+json\r\n"
        f"Prefer: return=minimal\r\nContent-Length: {len(load.body)}\r\n\r\n"
    ).encode()
    messages = [f"{load.method} {path} HTTP/1.1\r\n".encode() + head + load.body for path in load.paths]
    latencies: list[float] = []
    failed = 0
    begin = time.perf_counter()
    end = begin + seconds

    async def client(number: int) -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (sent := time.perf_counter()) < end:
            writer.write(messages[number % len(messages)])
            number += clients
            answer = await reader.readuntil(b"\r\n\r\n")
            status, *rows = answer.split(b"\r\n")
            length = next((int(row.partition(b":")[2]) for row in rows if row.lower().startswith(b"content-length:")), 0)
            await reader.readexactly(length)
            failed += status[9:10] != b"2"
            latencies.append(time.perf_counter() - sent)
        writer.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    latencies.sort()
    count = len(latencies)
    return Result(
        count, time.perf_counter() - begin, failed, 1e3 * latencies[count // 2], 1e3 * latencies[min(count - 1, count * 99 // 100)]
    )
