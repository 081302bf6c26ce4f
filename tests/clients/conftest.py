"""A running server on a fresh database, as clients from elsewhere meet it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.wire.fhir_api.conftest import system_token

HERE = Path(__file__).parent
START_WITHIN_S = 90
CLIENT_WITHIN_S = 120


@dataclass(frozen=True)
class Running:
    """Where a server is, and a token for it."""

    base: str
    token: str


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Running]:
    """A server of two processes on a fresh database of each engine; the token may do everything."""
    port = free_port()
    token = system_token("system.migration")
    environment = {
        **os.environ,
        "BENCHSIDE_DATABASE_URL": database,
        "BENCHSIDE_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "benchside.site.settings",
    }
    command = [sys.executable, "-m", "benchside.site.web", "--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--threads", "2"]
    log = tmp_path / "server.log"
    with log.open("wb") as stream:
        # It ends when its standard input does, that is, at the latest with this process.
        process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=stream, stderr=subprocess.STDOUT)
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}/fhir/metadata?_summary=true", process, log)
            yield Running(f"http://127.0.0.1:{port}/fhir", token)
        finally:
            process.terminate()
            process.wait(timeout=START_WITHIN_S)


def _wait_until_ready(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + START_WITHIN_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the clients installed; skipped, aloud, where there is none."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("no node on this machine: the JavaScript clients were NOT tested")
    if not (HERE / "node_modules" / "fhir-kit-client").is_dir():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("no npm on this machine: the JavaScript clients were NOT tested")
        done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            pytest.skip(f"npm could not install the JavaScript clients, they were NOT tested: {done.stderr[-400:]}")
    return program


def run_script(node: str, script: str, server: Running) -> str:
    """Run a client script against the server; what it printed. Fails with its output when it fails."""
    environment = {**os.environ, "FHIR_BASE": server.base, "FHIR_TOKEN": server.token}
    done = subprocess.run([node, str(HERE / script)], env=environment, capture_output=True, text=True, timeout=CLIENT_WITHIN_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
