"""Answers to a message: accept, error, reject, as its sender's version writes them.

Source: HL7 v2.8, 2.9 (original and enhanced mode), tables 0008 (acknowledgement code), 0357 (error condition), 0516 (severity).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from benchside.wire.hl7v2.message import Delimiters, Message, escaped

Code = Literal["AA", "AE", "AR", "CA", "CE", "CR"]
TEXT_CHARACTERS_MAX: Final = 400
_ERR_WITH_CODES_SINCE: Final = (2, 5)
_WHEN: Final = {"AL": (True, True), "NE": (False, False), "ER": (False, True), "SU": (True, False)}
"""Table 0155: whether to answer after success and after failure."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What was wrong: a code of table 0357 with its words, a location (`PID^1^3`, or ""), and our own words for the person there."""

    code: str
    meaning: str
    words: str
    location: str = ""


NOT_UNDERSTOOD: Final = ("207", "Application internal error")
UNKNOWN_EVENT: Final = ("201", "Unsupported event code")
UNKNOWN_TYPE: Final = ("200", "Unsupported message type")
MISSING_FIELD: Final = ("101", "Required field missing")


def is_enhanced(message: Message) -> bool:
    """Whether the sender uses the enhanced mode: MSH-15 or MSH-16 says something."""
    return bool(message.header.field(15) or message.header.field(16))


def accept_code(message: Message, *, stored: bool) -> Code | None:
    """The code of the answer that says "we have it, safely" (or could not keep it); None when the sender wants none.

    In the original mode there is one answer, and it is given when the message is kept: AA says that it is ours now.
    """
    if not is_enhanced(message):
        return "AA" if stored else "AE"
    wanted = _WHEN.get(message.header.value(15), (True, True))[0 if stored else 1]
    return ("CA" if stored else "CE") if wanted else None


def acknowledgement(message: Message, code: Code, *, at: datetime, control_id: str, problems: tuple[Problem, ...] = ()) -> bytes:
    """The answer to `message`, in its own separators, version and letters. `at` is aware; `control_id` names the answer."""
    marks, header = message.delimiters, message.header
    trigger = message.event[1]
    kind = marks.component.join(filter(None, ("ACK", trigger, "ACK" if trigger and _version(message) >= (2, 4) else "")))
    fields = [
        "MSH" + marks.field + marks.encoding_characters, header.field(5), header.field(6), header.field(3), header.field(4),
        at.strftime("%Y%m%d%H%M%S%z"), "", kind, escaped(control_id, marks), header.field(11) or "P", header.field(12) or "2.5.1",
    ]  # fmt: skip
    if header.field(18):
        fields += ["", "", "", "", "", header.field(18)]
    words = "; ".join(problem.words for problem in problems)[:TEXT_CHARACTERS_MAX]
    answer = [marks.field.join(fields), marks.field.join(["MSA", code, header.field(10), escaped(words, marks)]).rstrip(marks.field)]
    if problems and _version(message) >= _ERR_WITH_CODES_SINCE:
        answer += [_error(problem, marks) for problem in problems]
    text = "\r".join(answer) + "\r"
    return text.encode(message.codec if message.codec not in ("utf-16", "utf-32") else "utf-8", errors="replace")


def _error(problem: Problem, marks: Delimiters) -> str:
    location = problem.location.replace("^", marks.component)
    condition = marks.component.join((problem.code, problem.meaning, "HL70357"))
    return marks.field.join(["ERR", "", location, condition, "E", "", "", "", escaped(problem.words[:TEXT_CHARACTERS_MAX], marks)])


def _version(message: Message) -> tuple[int, ...]:
    parts = message.version.split(".")
    return tuple(int(part) for part in parts if part.isdecimal())
