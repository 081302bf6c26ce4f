"""The home folder and its secrets."""

import stat
import threading
from pathlib import Path

import pytest

from benchside.site.home import home_folder, secret_key, write_secret


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_home_is_made_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHSIDE_HOME", str(tmp_path / "new" / "home"))
    assert mode(home_folder()) == 0o700


def test_the_secret_key_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    key = secret_key(tmp_path)
    assert len(key) >= 50
    assert secret_key(tmp_path) == key
    assert mode(tmp_path / "secret-key") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]


def test_two_homes_have_different_keys(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert secret_key(tmp_path / "a") != secret_key(tmp_path / "b")


def test_processes_started_together_agree_on_one_key(tmp_path: Path) -> None:
    keys: set[str] = set()
    gate = threading.Barrier(8)

    def read() -> None:
        gate.wait()
        keys.add(secret_key(tmp_path))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 1
    assert len(keys.pop()) >= 50


def test_a_secret_is_never_overwritten(tmp_path: Path) -> None:
    write_secret(tmp_path / "s", "first")
    with pytest.raises(FileExistsError):
        write_secret(tmp_path / "s", "second")
    assert (tmp_path / "s").read_text() == "first"
