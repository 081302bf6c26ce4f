"""The commands as an administrator types them, in a process of their own."""

import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth import authenticate

from benchside.accounts.models import Person, System
from benchside.accounts.tokens import principal_for
from benchside.fhir import r4
from benchside.record import Attribution
from benchside.record.site import site_record

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Administrator:
    """Types commands for the site whose database is `url`."""

    def __init__(self, url: str, home: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BENCHSIDE", "DJANGO"))}
        self.variables = {**kept, "BENCHSIDE_HOME": str(home), "BENCHSIDE_DATABASE_URL": url}
        self.home = home

    def types(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "benchside", *arguments],
            env=self.variables, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip


@pytest.fixture
def administrator(sqlite_database: str, tmp_path: Path) -> Administrator:
    return Administrator(sqlite_database, tmp_path)


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text("heron-slate-meadow-plum\n")
    return str(path)


def keep_a_patient(name: str = "Ortiz") -> None:
    with site_record().commit(Attribution(author="Practitioner/1", act="test.keep"), at=AT) as commit:
        commit.create(r4.Patient(name=[r4.HumanName(family=name)]), id="p1")


def test_a_person_is_added_and_can_sign_in(administrator: Administrator, password_file: str) -> None:
    done = administrator.types("user", "add", "maria", "--name", "Maria Ortiz", "--role", "technician", "--password-file", password_file)
    assert (done.returncode, done.stderr) == (0, "")
    person = Person.objects.get()
    assert (person.username, person.name, person.roles) == ("maria", "Maria Ortiz", ["technician"])
    assert person.password.startswith("scrypt$")
    assert authenticate(username="maria", password="wrong") is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["user", "add", "m", "--name", "M", "--role", "wizard"], "There is no role 'wizard'"),
        (["user", "add", "a b", "--name", "M", "--role", "biller"], "letters, digits"),
        (["user", "add", "m", "--name", "M", "--role", "biller"], "--password-file"),
        (["user", "disable", "nobody"], "There is nobody named nobody"),
        (["user", "token", "nobody", "--purpose", "x"], "There is nobody named nobody"),
        (["system", "token", "nothing", "--purpose", "x"], "There is no system named nothing"),
        (["import", "/"], "does not exist"),
        (["export", "/proc/nothing"], "/proc/nothing"),
        (["rebuild-views", "--table", "nothing"], "There is no view nothing"),
        (["nonsense"], "No such command"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)
def test_mistakes_are_answered_in_words(administrator: Administrator, arguments: list[str], says: str) -> None:
    if arguments[0] == "import":
        arguments = ["import", str(administrator.home / "nothing.json")]
    done = administrator.types(*arguments)
    assert done.returncode in {1, 2}
    assert says in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_a_weak_password_is_refused(administrator: Administrator, tmp_path: Path) -> None:
    (tmp_path / "weak").write_text("password1234")
    done = administrator.types("user", "add", "m", "--name", "M", "--role", "biller", "--password-file", str(tmp_path / "weak"))
    assert done.returncode == 1
    assert "too common" in done.stderr
    assert not Person.objects.exists()


def test_a_token_stands_alone_on_its_line(administrator: Administrator) -> None:
    administrator.types("system", "add", "Gateway", "--role", "system.interface")
    done = administrator.types("system", "token", "Gateway", "--purpose", "results")
    who = principal_for(done.stdout.strip())
    assert who is not None
    assert who.name == "Gateway"
    assert administrator.types("system", "disable", "Gateway").returncode == 0
    assert principal_for(done.stdout.strip()) is None
    assert "DISABLED" in administrator.types("system", "list").stdout
    assert System.objects.count() == 1


def test_roles_and_disabling(administrator: Administrator) -> None:
    person = Person.objects.add("maria", "Maria", roles=["technician"], password=None)
    assert administrator.types("user", "role", "maria", "--add", "technician.senior", "--remove", "technician").returncode == 0
    person.refresh_from_db()
    assert person.roles == ["technician.senior"]
    assert administrator.types("user", "disable", "maria").returncode == 0
    assert "DISABLED" in administrator.types("user", "list").stdout
    assert administrator.types("user", "enable", "maria").returncode == 0
    person.refresh_from_db()
    assert person.is_active


def test_everything_out_and_in_again(administrator: Administrator, tmp_path: Path) -> None:
    keep_a_patient()
    out = administrator.types("export", str(tmp_path / "out"))
    assert out.returncode == 0, out.stderr
    lines = (tmp_path / "out" / "Patient.ndjson").read_text().splitlines()
    assert [json.loads(line)["name"][0]["family"] for line in lines] == ["Ortiz"]
    assert (tmp_path / "out" / "Patient.ndjson").stat().st_mode & 0o077 == 0
    again = administrator.types("export", str(tmp_path / "out"))
    assert "is not empty" in again.stderr
    other = Administrator(f"sqlite:///{tmp_path / 'other.sqlite3'}", tmp_path)
    assert other.types("migrate").returncode == 0
    came = other.types("import", str(tmp_path / "out"), "--reason", "moving")
    assert (came.returncode, came.stdout.split(" in ")[0]) == (0, "1 resources"), came.stderr
    assert other.types("verify-record").stdout.startswith("Whole: 1 commits")


def test_what_does_not_come_in_is_listed_with_its_place(administrator: Administrator, tmp_path: Path) -> None:
    (tmp_path / "wrong.ndjson").write_text('{"resourceType":"Patient","gender":"unclear"}\n{"resourceType":"Patient"}\n')
    done = administrator.types("import", str(tmp_path / "wrong.ndjson"))
    assert done.returncode == 1
    assert "line 1: Patient.gender" in done.stderr
    assert done.stdout.startswith("1 resources")


def test_a_changed_record_is_named(administrator: Administrator, sqlite_database: str) -> None:
    keep_a_patient()
    assert administrator.types("verify-record").returncode == 0
    with sqlite3.connect(sqlite_database.removeprefix("sqlite:///")) as database:
        database.execute("UPDATE record_version SET content = CAST(replace(CAST(content AS TEXT), 'Ortiz', 'Smith') AS BLOB)")
    database.close()
    done = administrator.types("verify-record")
    assert done.returncode == 1
    assert "BROKEN at commit 1" in done.stderr


def test_a_backup_made_while_in_use_is_whole_and_never_overwrites(administrator: Administrator, tmp_path: Path) -> None:
    keep_a_patient()
    copy = tmp_path / "copy.sqlite3"
    done = administrator.types("backup", str(copy))
    assert done.returncode == 0, done.stderr
    assert copy.stat().st_mode & 0o077 == 0
    restored = Administrator(f"sqlite:///{copy}", tmp_path)
    assert restored.types("verify-record").stdout.startswith("Whole: 1 commits, 1 versions")
    before = copy.read_bytes()
    again = administrator.types("backup", str(copy))
    assert again.returncode == 1
    assert "never overwrites" in again.stderr
    assert copy.read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def test_a_database_of_another_form_is_refused_before_anything(tmp_path: Path) -> None:
    fresh = Administrator(f"sqlite:///{tmp_path / 'fresh.sqlite3'}", tmp_path)
    done = fresh.types("user", "list")
    assert done.returncode == 1
    assert "benchside migrate" in done.stderr


def test_a_database_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    done = Administrator("postgresql://127.0.0.1:9/none", tmp_path).types("user", "list")
    assert done.returncode == 1
    assert "The database does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fault_of_ours_is_noted_without_its_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchside.cli import door

    monkeypatch.setenv("BENCHSIDE_HOME", str(tmp_path))
    assert door._answer(KeyError("Maria Ortiz")) == door.FAULT
    assert "Something went wrong in Benchside itself" in capsys.readouterr().err
    noted = (tmp_path / door.LOG_NAME).read_text()
    assert "KeyError" in noted
    assert "Ortiz" not in noted
