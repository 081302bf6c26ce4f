"""Pictures of the main screens in the demo clinic: `python -m tools.screenshots [NAME...] [--home FOLDER] [--out docs/screens]`.

Makes the demo clinic in a folder that is thrown away (or takes the one of --home), serves it, signs its people in and draws each screen
at the size of a tablet with the machine's own Chromium (BENCHSIDE_CHROMIUM names another). Needs the packages of requirements-dev.lock.
"""

import argparse
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

ROOT: Final = Path(__file__).resolve().parent.parent
CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
READY_S: Final = 60
PORTRAIT: Final = (768, 1024)
LANDSCAPE: Final = (1280, 800)
COLOURS: Final = 255

Where = Callable[[Any], tuple[str, str]]
"""The address, and the reference of who owns what is there ("" where nobody does), in a record."""


def _first(sql: str, path: str) -> Where:
    """The address of a screen about the first thing that a query finds."""

    def found(record: Any) -> tuple[str, str]:
        rows = record.engine.rows(sql)
        if not rows:
            raise LookupError(f"The demo clinic has nothing for {path}.")
        return path.format(rows[0][0]), rows[0][1] if len(rows[0]) > 1 else ""

    return found


def _at(path: str) -> Where:
    return lambda record: (path, "")


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: its file's name, who looks ("": who owns what the query found), where, in which theme and size; `whole`: the whole page."""

    name: str
    who: str
    where: Where
    theme: Literal["light", "dark"] = "light"
    size: tuple[int, int] = PORTRAIT
    whole: bool = False


_OPEN_COLLECTION: Final = "SELECT id, owner FROM work_row WHERE open = 1 AND kind = 'collect' AND owner > '' ORDER BY status DESC, priority, authored_us DESC LIMIT 1"
_CHART: Final = "SELECT patient FROM result_row WHERE test = 'HBA1C' GROUP BY patient HAVING count(*) > 3 ORDER BY max(effective_us) DESC, patient LIMIT 1"
_TO_ENTER: Final = "SELECT order_id FROM report_row WHERE open = 1 AND status = 'registered' AND test IN ('BMP', 'CBC', 'CMP') ORDER BY effective_us LIMIT 1"
_TO_VERIFY: Final = "SELECT id FROM report_row WHERE open = 1 AND status = 'preliminary' ORDER BY effective_us LIMIT 1"
_CALL: Final = "SELECT id FROM work_row WHERE open = 1 AND kind = 'call-critical' ORDER BY authored_us LIMIT 1"
SHOTS: Final = (
    Shot("worklist", "tomas", _at("/worklist")),
    Shot("worklist-dark", "tomas", _at("/worklist"), theme="dark"),
    Shot("collect", "", _first(_OPEN_COLLECTION, "/work/{}/collect")),
    Shot("receive", "hugo", _at("/receive")),
    Shot("enter-result", "keiko", _first(_TO_ENTER, "/orders/{}/result")),
    Shot("verify", "victor", _first(_TO_VERIFY, "/verify/{}")),
    Shot("call", "victor", _first(_CALL, "/calls/{}")),
    Shot("patient", "clara", _first(_CHART, "/patients/{}")),
    Shot("order", "clara", _first(_CHART, "/patients/{}/order")),
    Shot("inbox", "clara", _at("/inbox")),
    Shot("board", "lena", _at("/board?period=30"), size=LANDSCAPE, whole=True),
    Shot("board-dark", "lena", _at("/board?period=30"), theme="dark", size=LANDSCAPE),
    Shot("load", "lena", _at("/load")),
    Shot("readiness", "tomas", _at("/readiness/matrix")),
)


def chromium_path() -> str:
    """Where Chromium is. Raises FileNotFoundError with what to do."""
    found = os.environ.get("BENCHSIDE_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if not found:
        raise FileNotFoundError("No Chromium found: install it (Debian: apt-get install chromium), or name one in BENCHSIDE_CHROMIUM.")
    return found


@contextmanager
def clinic(home: Path) -> Iterator[str]:
    """The demo clinic in `home`, made if need be, served on a free port of this machine; its address."""
    os.environ["BENCHSIDE_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchside.site.settings"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # the browser's loop runs in this thread; our database calls are made between its turns
    )
    import django

    django.setup()
    from benchside.demo.clinic import make_clinic
    from benchside.site.upkeep import migrate

    migrate()
    make_clinic(home, datetime.now(UTC))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "benchside.site.web", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--threads", "2"]
    # It ends when its standard input does; a session of its own, so that all its processes can be ended together.
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/health", process)
            yield address
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # nothing of it is kept


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):  # our own address
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("The site did not come up; the lines above say why.")


def _session(who: str) -> tuple[str, str]:
    from django.conf import settings
    from django.test import Client

    from benchside.accounts.models import Person

    client = Client()
    client.force_login(Person.objects.get(username=who))
    return settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value


def _small(png: bytes) -> bytes:
    """The same picture with a palette: screens have few colours, and files in a repository should be small."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def draw(address: str, shots: list[Shot], out: Path) -> list[str]:
    """Draw the screens into `out`; what could not be drawn, with its reason."""
    from playwright.sync_api import sync_playwright

    from benchside.record.site import site_record

    out.mkdir(parents=True, exist_ok=True)
    missing: list[str] = []
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # as root, in containers; the pages are our own
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        for shot in shots:
            width, height = shot.size
            context = browser.new_context(
                base_url=address,
                color_scheme=shot.theme,
                locale="en-US",
                viewport={"width": width, "height": height},
            )
            page = context.new_page()
            try:
                path, owner = shot.where(site_record())
                name, value = _session(shot.who or owner.removeprefix("Practitioner/demo-"))
                context.add_cookies([{"name": name, "value": value, "url": address}])
                answer = page.goto(f"{address}{path}", wait_until="networkidle")
                if answer is None or answer.status != 200:
                    missing.append(f"{shot.name}: {path} answered {answer.status if answer else 'nothing'}")
                    continue
                (out / f"{shot.name}.png").write_bytes(_small(page.screenshot(full_page=shot.whole)))
            except LookupError as absent:
                missing.append(f"{shot.name}: {absent}")
            finally:
                context.close()
        browser.close()
    return missing


def main() -> int:
    """Draw what is asked for; 1 when anything is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only these pictures")
    parser.add_argument("--home", type=Path, help="a demo clinic that is there, or where to make one")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screens")
    given = parser.parse_args()
    shots = [shot for shot in SHOTS if not given.names or shot.name in given.names]
    with tempfile.TemporaryDirectory(prefix="benchside-screens-") as scratch, clinic((given.home or Path(scratch)).resolve()) as address:
        missing = draw(address, shots, given.out)
    for line in missing:
        sys.stderr.write(f"{line}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
