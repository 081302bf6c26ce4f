"""Settings of a site: from the environment, from the file, and refused aloud when wrong."""

from pathlib import Path

import pytest

from benchside.site.databases import UnknownDatabase, database_settings
from benchside.site.options import OPTIONS, OptionInvalid, read_options


def test_without_anything_everything_has_its_default(tmp_path: Path) -> None:
    assert read_options(tmp_path, {}) == {option.name: option.default for option in OPTIONS}


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "benchside.toml").write_text('time_zone = "America/Chicago"\nweb_workers = 3\n[fhir_limits]\npage_entries_max = 500\n')
    options = read_options(tmp_path, {"BENCHSIDE_WEB_WORKERS": "5"})
    assert (options["time_zone"], options["web_workers"]) == ("America/Chicago", 5)
    assert options["fhir_limits"] == {"page_entries_max": 500}


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("BENCHSIDE_WEB_WORKERS", "0", "1 to 64"),
        ("BENCHSIDE_WEB_WORKERS", "two", "1 to 64"),
        ("BENCHSIDE_TIME_ZONE", "Middle/Earth", "time zone"),
        ("BENCHSIDE_TIME_ZONE", "../etc/passwd", "time zone"),
        ("BENCHSIDE_PUBLIC_URL", "benchside.example.org", "https://"),
        ("BENCHSIDE_PUBLIC_URL", "ftp://benchside.example.org", "https://"),
        ("BENCHSIDE_BEHIND_PROXY", "maybe", "yes or no"),
        ("BENCHSIDE_LOG_LEVEL", "loud", "debug"),
        ("BENCHSIDE_FHIR_LIMITS", "[1]", "page_entries_max"),
        ("BENCHSIDE_FHIR_LIMITS", "{", "page_entries_max"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_should_be(tmp_path: Path, variable: str, value: str, says: str) -> None:
    with pytest.raises(OptionInvalid) as refused:
        read_options(tmp_path, {variable: value})
    assert variable in str(refused.value)
    assert says in str(refused.value)


@pytest.mark.parametrize("text", ["time_zoen = 'UTC'", "time_zone = ", "\x00"])
def test_a_file_that_is_wrong_stops_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "benchside.toml").write_text(text)
    with pytest.raises(OptionInvalid, match=r"benchside\.toml"):
        read_options(tmp_path, {})


def test_a_slash_at_the_end_of_the_address_does_not_matter(tmp_path: Path) -> None:
    assert read_options(tmp_path, {"BENCHSIDE_PUBLIC_URL": "https://b.example/"})["public_url"] == "https://b.example"


def test_databases(tmp_path: Path) -> None:
    assert database_settings("", tmp_path)["NAME"] == str(tmp_path / "benchside.sqlite3")
    assert database_settings("sqlite:////var/x.sqlite3", tmp_path)["NAME"] == "/var/x.sqlite3"
    found = database_settings("postgresql://clinic:s%40crt@db.example:5433/bench?sslmode=require", tmp_path)
    assert {key: found[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")} == {
        "NAME": "bench", "USER": "clinic", "PASSWORD": "s@crt", "HOST": "db.example", "PORT": "5433",
    }  # fmt: skip
    assert found["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "nonsense", "postgresql://h/x?nonsense=1"])
def test_other_databases_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UnknownDatabase):
        database_settings(url, tmp_path)
