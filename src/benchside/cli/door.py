"""The one door of the command line: every command enters and every error leaves here, in plain words.

Exit codes: 0 done; 1 refused, or a check found something; 2 the command was typed wrongly; 70 a fault of ours, with
its place in the log; 130 interrupted.
"""

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

REFUSED: Final = 1
FAULT: Final = 70
INTERRUPTED: Final = 130
LOG_NAME: Final = "command-faults.log"


class CommandRefused(Exception):
    """The command cannot do what was asked; the text says why and what to do."""


def run(arguments: Sequence[str]) -> int:
    """Run the command that `arguments` name and return the process's exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchside.site.settings")
    os.umask(0o077)  # What a command writes, the database first of all, is its owner's alone to read.
    from benchside.cli.commands import application

    try:
        application(args=list(arguments), prog_name="benchside")
    except SystemExit as end:  # how typer ends, whether done, refused by a command or typed wrongly
        return end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        _say("Stopped.")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except Exception as error:  # noqa: BLE001  # the door of commands: no traceback reaches a person
        return _answer(error)
    return 0


def _answer(error: Exception) -> int:
    """Say what went wrong and return the exit code for it."""
    words = _words(error)
    if words is not None:
        _say(words)
        return REFUSED
    place = _note(error)
    _say(f"Something went wrong in Benchside itself. The details, without patient data, are in {place}. Nothing half done was kept.")
    return FAULT


def _words(error: Exception) -> str | None:
    """Return the words for errors that a person can do something about, None for faults of ours."""
    from django.core.exceptions import ImproperlyConfigured, ValidationError
    from django.db.utils import OperationalError, ProgrammingError

    from benchside.record.errors import RecordRefusal
    from benchside.site.databases import UnknownDatabase
    from benchside.site.options import OptionInvalid

    if isinstance(error, ValidationError):
        return "\n".join(error.messages)
    if isinstance(error, OperationalError):
        return f"The database does not answer, or does not do what it should: {str(error).strip().splitlines()[0]}"
    if isinstance(error, ProgrammingError):
        return "The database has another form than this release needs. Run: benchside migrate"
    if isinstance(error, (UnknownDatabase, OptionInvalid)):
        return f"{error}. See docs/settings.md."
    if isinstance(error, (CommandRefused, RecordRefusal, ImproperlyConfigured)):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}."
    return None


def _note(error: Exception) -> Path | str:
    """Keep where the fault happened, in the home folder; return the file's path."""
    from benchside.site.home import home_folder
    from benchside.site.logs import described

    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "command": sys.argv[1:3], "exception": described(error)}
    path = home_folder() / LOG_NAME
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return path


def _say(words: str) -> None:
    sys.stderr.write(f"benchside: {words}\n")
