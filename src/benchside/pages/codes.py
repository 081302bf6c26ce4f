"""Codes that screens show, with their words, tone and icon. The words are marked here and translated where they are drawn.

Tables, not templates, because a row of a worklist asks for many of them and a template would translate every entry at every use.
"""

from typing import Final

from benchside.pages.shapes import LabelState, Priority, ResultFlag, StepState, Tone, WorkStatus


def N_(words: str) -> str:  # noqa: N802 # the usual name of the mark, known to the tool that collects strings
    """Mark words for translation."""
    return words


Look = tuple[str, Tone, str]
"""Words, tone, icon."""

PRIORITIES: Final[dict[Priority, tuple[str, Tone, str, bool]]] = {
    "stat": (N_("STAT"), "danger", "stat", True),
    "asap": (N_("As soon as possible"), "warning", "double-up", True),
    "urgent": (N_("Urgent"), "warning", "double-up", True),
    "timed": (N_("Timed"), "info", "clock", False),
    "routine": (N_("Routine"), "neutral", "routine", False),
}
"""Words, tone, icon, strong. The codes are FHIR's request priorities, and `timed`."""

STATUSES: Final[dict[WorkStatus, Look]] = {
    "draft": (N_("Draft"), "neutral", "edit"),
    "ordered": (N_("Ordered"), "neutral", "circle"),
    "claimed": (N_("Claimed"), "info", "person"),
    "in-progress": (N_("In progress"), "info", "half"),
    "collected": (N_("Collected"), "info", "tube"),
    "in-transit": (N_("On the way"), "info", "transit"),
    "received": (N_("Received"), "info", "inbox"),
    "in-analysis": (N_("Being measured"), "info", "flask"),
    "preliminary": (N_("Preliminary"), "warning", "half"),
    "final": (N_("Final"), "good", "check"),
    "amended": (N_("Amended"), "warning", "edit"),
    "acknowledged": (N_("Acknowledged"), "good", "done"),
    "on-hold": (N_("On hold"), "warning", "pause"),
    "rejected": (N_("Rejected"), "danger", "stop"),
    "not-collected": (N_("Not collected"), "danger", "cancelled"),
    "cancelled": (N_("Cancelled"), "neutral", "cancelled"),
}

RESULT_FLAGS: Final[dict[ResultFlag, tuple[str, Tone, str, bool]]] = {
    "HH": (N_("Critical high"), "danger", "double-up", True),
    "LL": (N_("Critical low"), "danger", "double-down", True),
    "AA": (N_("Critical"), "danger", "alarm", True),
    "H": (N_("High"), "warning", "arrow-up", False),
    "L": (N_("Low"), "warning", "arrow-down", False),
    "A": (N_("Abnormal"), "warning", "warning", False),
}
"""Words, tone, icon, strong, of everything but N. The codes are HL7's observation interpretations."""

LABEL_STATES: Final[dict[LabelState, Look]] = {
    "none": (N_("no label yet"), "neutral", "label"),
    "printing": (N_("label sent to the printer"), "info", "print"),
    "printed": (N_("label printed"), "info", "print"),
    "scanned": (N_("scanned to the patient"), "good", "done"),
}

STEP_STATES: Final[dict[StepState, tuple[str, str]]] = {
    "done": (N_("done"), "check"),
    "current": (N_("now"), "dot"),
    "waiting": (N_("to come"), "circle"),
    "problem": (N_("problem"), "alarm"),
    "skipped": (N_("not needed"), "minus"),
}
"""Words and icon."""

CAP_NAMES: Final[dict[str, str]] = {
    "light-blue": N_("light blue"),
    "red": N_("red"),
    "gold": N_("gold"),
    "tiger": N_("red and gray"),
    "green": N_("green"),
    "light-green": N_("light green"),
    "lavender": N_("lavender"),
    "pink": N_("pink"),
    "pearl": N_("pearl"),
    "royal-blue": N_("royal blue"),
    "gray": N_("gray"),
    "yellow": N_("yellow"),
    "black": N_("black"),
    "orange": N_("orange"),
    "white": N_("white"),
}
"""The names of the colours in `tubes.CAPS`."""
