"""What a site may set: one table, read from the environment and from benchside.toml in the home folder.

`BENCHSIDE_PUBLIC_URL=...` in the environment goes before `public_url = "..."` in the file. docs/settings.md has a
line for each (tested). An option that is misspelt or cannot be read stops the start, with words.
"""

import json
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FILE_NAME: Final = "benchside.toml"
PREFIX: Final = "BENCHSIDE_"


class OptionInvalid(ValueError):
    """A setting of this site cannot be used; the message names it and says what it should look like."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing a site may set. `read` turns text from the environment, or a value of the file, into what the code uses."""

    name: str
    default: Any
    read: Callable[[Any], Any]
    meaning: str

    @property
    def variable(self) -> str:
        """Return the name of the environment variable."""
        return PREFIX + self.name.upper()


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise OptionInvalid("must be text")
    return value.strip()


def _yes_or_no(value: Any) -> bool:
    known = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False, "": False}
    if isinstance(value, bool):
        return value
    try:
        return known[str(value).strip().lower()]
    except KeyError:
        raise OptionInvalid("must be yes or no") from None


def _words(value: Any) -> list[str]:
    found = value.split() if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise OptionInvalid("must be names, separated by spaces")
    return found


def _count(most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        text = str(value).strip()
        if isinstance(value, bool) or not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
            raise OptionInvalid(f"must be a whole number from 1 to {most}")
        return int(text)

    return read


def _address(value: Any) -> str:
    text = _text(value).rstrip("/")
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment):
        raise OptionInvalid("must look like https://benchside.example.org")
    return text


def _zone(value: Any) -> str:
    name = _text(value)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise OptionInvalid("must be the name of a time zone, for example America/Chicago") from error
    return name


def _language(value: Any) -> str:
    code = _text(value)
    if code not in {"en", "es"}:
        raise OptionInvalid("must be en or es")
    return code


def _limits(value: Any) -> dict[str, int]:
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError as error:
        raise OptionInvalid('must look like {"page_entries_max": 500}') from error
    if not isinstance(found, dict):
        raise OptionInvalid('must look like {"page_entries_max": 500}')
    return found


def _log_level(value: Any) -> str:
    level = _text(value).upper()
    if level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise OptionInvalid("must be debug, info, warning or error")
    return level


OPTIONS: Final = (
    Option("database_url", "", _text, "Where the data is: empty for SQLite in the home folder, or postgresql://user@host/name."),
    Option("public_url", "", _address, "The address people and systems use, for example https://benchside.example.org."),
    Option("allowed_hosts", [], _words, "Further host names that requests may name, besides this machine and public_url's."),
    Option(
        "behind_proxy", False, _yes_or_no, "yes when a reverse proxy of yours stands before Benchside and sets X-Forwarded-For and -Proto."
    ),
    Option("time_zone", "UTC", _zone, "The site's time zone, for screens and for times sent without one."),
    Option("language", "en", _language, "The language of screens where a person has not chosen: en or es."),
    Option("site_name", "Benchside", _text, "The name of the clinic, as every screen shows it."),
    Option("lock_minutes", 5, _count(60), "Minutes without touch or key after which a screen locks itself."),
    Option("web_workers", 2, _count(64), "Web processes that `serve` starts; about one for each core."),
    Option("web_threads", 2, _count(64), "Requests that one web process works on at a time."),
    Option("log_level", "INFO", _log_level, "debug, info, warning or error. No level logs patient data."),
    Option(
        "fhir_cors_origins",
        [],
        _words,
        "Web addresses whose pages may call the FHIR API from a browser, for example https://app.example.org.",
    ),
    Option("fhir_limits", {}, _limits, "Limits of the FHIR API that differ from their defaults; see the end of docs/settings.md."),
)


def read_options(home: Path, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return every option's value by name; raises OptionInvalid."""
    variables = os.environ if environment is None else environment
    file = _file_values(home / FILE_NAME)
    values: dict[str, Any] = {}
    for option in OPTIONS:
        raw, source = option.default, ""
        if option.name in file:
            raw, source = file[option.name], f"{option.name} in {home / FILE_NAME}"
        if option.variable in variables:
            raw, source = variables[option.variable], option.variable
        try:
            values[option.name] = option.read(raw) if source else raw
        except OptionInvalid as fault:
            raise OptionInvalid(f"{source} {fault}; it is {raw!r}") from fault
    return values


def _file_values(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OptionInvalid(f"{path} cannot be read: {error}") from error
    known = {option.name for option in OPTIONS}
    unknown = sorted(set(found) - known)
    if unknown:
        raise OptionInvalid(f"{path} sets {', '.join(unknown)}, which Benchside does not have. It has: {', '.join(sorted(known))}")
    return found
