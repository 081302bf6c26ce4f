"""Logs: one JSON object a line, without patient data.

Messages are ours and hold no values from requests; of an exception only its type and the places in the code are kept,
because its text may quote what a patient's record holds. Source: OWASP "Logging Cheat Sheet", data to exclude.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final

FRAMES_MAX: Final = 40
OWN_FIELDS: Final = ("method", "route", "status", "milliseconds", "process_name", "exit_code", "command")

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class LineFormatter(logging.Formatter):
    """Writes a log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without arguments that came from outside."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "process": record.process,
            "says": _message(record),
        }
        line.update({name: getattr(record, name) for name in OWN_FIELDS if hasattr(record, name)})
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = described(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def described(error: BaseException | None) -> list[dict[str, object]]:
    """Return the chain of `error`, innermost cause last: types and places in the code, never texts or values."""
    chain: list[dict[str, object]] = []
    while error is not None and len(chain) < FRAMES_MAX:
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
        kind = type(error)
        chain.append(
            {
                "type": f"{kind.__module__}.{kind.__qualname__}",
                "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
            }
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def _message(record: logging.LogRecord) -> str:
    """Return the message: filled in when it is ours, its bare pattern when a library put a request's path into it."""
    if record.name.startswith("django.") and record.name != "django.db.backends":
        return str(record.msg)
    return record.getMessage()


def log_settings(home: Path, level: str) -> dict[str, object]:
    """Return Django's LOGGING: everything to standard error as lines, which `serve` and the service supervisor keep."""
    del home
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "benchside.site.logs.LineFormatter"}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["lines"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # SQL statements carry values of patients: never, at any level.
            "django.db.backends": {"handlers": [], "level": "WARNING", "propagate": True},
            # 404 and 403 are the caller's business, and their paths may name patients.
            "django.request": {"handlers": [], "level": "ERROR", "propagate": True},
        },
    }
