"""What Benchside is built from is pinned by content, and names no host it came from."""

import json
import re

import pytest

from tests.law.source import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_every_pinned_package_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    packages = [block for block in blocks if re.match(r"[a-z0-9][a-z0-9._-]*==", block)]
    assert len(packages) > 20
    assert [block.splitlines()[0] for block in packages if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_no_host(name: str) -> None:
    assert not re.search(r"https?://|file:", (ROOT / name).read_text(encoding="utf-8"))


def test_javascript_locks_name_no_host() -> None:
    locks = [path for path in (ROOT / "tests").rglob("package-lock.json") if "node_modules" not in path.parts]
    assert locks
    for path in locks:
        packages = json.loads(path.read_text(encoding="utf-8"))["packages"]
        assert [name for name, package in packages.items() if "resolved" in package] == []
        assert [name for name, package in packages.items() if name and "integrity" not in package] == []


def test_both_locks_agree() -> None:
    pins = [dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)) for name in LOCKS]
    differing = {package for package, version in pins[0].items() if pins[1].get(package) != version}
    assert differing == set()
