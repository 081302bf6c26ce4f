"""What a screen hands to the components: small frozen classes, words already in the reader's language.

A missing value is `None` and becomes words on the screen ("not asked", "no range"), never an empty place.
Every `datetime` is aware; the components show it in the site's time zone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

Theme = Literal["auto", "light", "dark"]
Tone = Literal["neutral", "info", "good", "warning", "danger"]
Priority = Literal["routine", "timed", "urgent", "asap", "stat"]
WorkStatus = Literal[
    "draft",
    "ordered",
    "claimed",
    "in-progress",
    "collected",
    "in-transit",
    "received",
    "in-analysis",
    "preliminary",
    "final",
    "amended",
    "acknowledged",
    "on-hold",
    "rejected",
    "not-collected",
    "cancelled",
]
LabelState = Literal["none", "printing", "printed", "scanned"]
Container = Literal["tube", "bottle", "cup", "capillary"]
StepState = Literal["done", "current", "waiting", "problem", "skipped"]
ResultFlag = Literal["N", "L", "H", "LL", "HH", "A", "AA"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who works here, as the top bar and the badges show them."""

    reference: str
    """For example `Practitioner/17`."""
    name: str
    role: str
    """Profession and level in words, for example "Senior technician"."""

    @property
    def initials(self) -> str:
        """Give the first letters of the first and the last word of the name; never empty."""
        words = [word for word in self.name.replace(",", " ").split() if word[0].isalnum()]
        if not words:
            return "?"
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationItem:
    """One place in the navigation; which ones a person gets depends on the role."""

    text: str
    url: str
    icon: str
    current: bool = False
    count: int | None = None
    """Things waiting there; `None` shows nothing, 0 shows nothing either."""
    urgent: bool = False
    """The count includes something critical: shown with a mark and said aloud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One line told after an act, or above a page."""

    text: str
    tone: Tone = "info"
    url: str | None = None
    url_text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """The offer to take back what was just done, until `seconds` have passed."""

    text: str
    form: "Form"
    seconds: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalValue:
    """A critical value that nobody has answered yet, shown above every page of those it concerns."""

    text: str
    """For example "Potassium 6.8 mmol/L, LEE, Ann"."""
    url: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellUrls:
    """Where the shell's own buttons lead."""

    home: str = "/"
    lock: str = "/lock"
    unlock: str = "/unlock"
    switch: str = "/switch"
    sign_out: str = "/sign-out"
    account: str = "/account"
    preferences: str = "/preferences/"
    alive: str = "/health"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything the shell around a page needs. Made by `benchside.pages.request.page_for`."""

    title: str
    site: str
    csrf_token: str
    path: str
    """Path and query of this page: where a change of theme or language returns to."""
    now: datetime
    """The server's clock: timers count from it, because a tablet's own clock may be wrong."""
    person: Person | None = None
    navigation: tuple[NavigationItem, ...] = ()
    language: str = "en"
    languages: tuple[tuple[str, str], ...] = (("en", "English"), ("es", "Español"))
    right_to_left: bool = False
    theme: Theme = "auto"
    urls: ShellUrls = field(default_factory=ShellUrls)
    notices: tuple[Notice, ...] = ()
    undo: Undo | None = None
    criticals: tuple[CriticalValue, ...] = ()
    lock_after_s: int = 300
    """Seconds without touch or key until the screen locks; 0: never."""
    has_pin: bool = True
    """Whether the person unlocks by PIN; else by password."""
    draft_secret: str | None = None
    """Base64 key with which this person's drafts are encrypted on the device (`benchside.pages.drafts.secret_for`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """What is wrong with one field, told so that the person knows what to do. `field` may be "" for the whole form."""

    field: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form as it is drawn: its values, errors, and the hidden fields that make it safe to send twice.

    `name` names the draft on the device ("collect:ServiceRequest/12"); two forms about different things have different names.
    """

    name: str
    action: str
    idempotency_key: str
    values: Mapping[str, str | Sequence[str]] = field(default_factory=dict[str, str | Sequence[str]])
    errors: tuple[FieldError, ...] = ()
    patient_check: str | None = None
    """Made by `benchside.pages.patient_check.token`; ties the form to one patient."""
    prefix: str = "f"
    """Start of the ids of its fields; give different ones to two forms on one page."""

    def value(self, name: str) -> str:
        """Give what the field holds now, "" when nothing was entered."""
        held = self.values.get(name, "")
        return held if isinstance(held, str) else (held[0] if held else "")

    def chosen(self, name: str) -> tuple[str, ...]:
        """Give everything chosen in a field that takes many."""
        held = self.values.get(name, ())
        return ((held,) if held else ()) if isinstance(held, str) else tuple(held)

    def error(self, name: str) -> str | None:
        """Give the field's errors as one text, or None."""
        return " ".join(error.message for error in self.errors if error.field == name) or None

    def id(self, name: str) -> str:
        """Give the id of the field's control, for labels and links."""
        return f"{self.prefix}-{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing to choose."""

    value: str
    text: str
    hint: str | None = None
    icon: str | None = None
    tone: Tone = "neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something everybody near the patient must know: isolation, fall risk, a fistula arm."""

    text: str
    icon: str = "shield"
    tone: Tone = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allergy:
    """An allergy as the header shows it."""

    substance: str
    reaction: str | None = None
    severe: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A patient as header and rows show them: always a name and two identifiers."""

    reference: str
    name: str
    birth_date: str | None
    """FHIR date: `1961-02-14`, `1961-02` or `1961`."""
    mrn: str | None
    sex: str | None
    allergies: tuple[Allergy, ...] | None = None
    """`None`: nobody asked yet. Empty: asked, none known."""
    precautions: tuple[Flag, ...] = ()
    notes: tuple[str, ...] = ()
    language: str | None = None
    interpreter: bool = False
    photo_url: str | None = None
    url: str | None = None

    @property
    def initials(self) -> str:
        """Give the letters that stand where no photo is."""
        return Person(reference=self.reference, name=self.name, role="").initials


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One thing to do, as a row of the worklist."""

    id: str
    url: str
    patient: Patient
    what: str
    """Tests or task in words: "CBC, basic metabolic panel"."""
    place: str | None
    priority: Priority
    status: WorkStatus
    due: datetime | None
    claimed_by: Person | None = None
    preparation: str | None = None
    """For example "Fasting since 22:00"."""
    tubes: tuple["Tube", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tube:
    """A container to fill or already filled."""

    cap: str
    """A key of `benchside.pages.tubes.CAPS`, for example `lavender`."""
    additive: str
    volume_ml: Decimal | None
    position: int | None = None
    """Place in the order of draw, from 1."""
    container: Container = "tube"
    fill: float = 0.0
    """Part filled, 0 to 1."""
    gel: bool = False
    label: LabelState = "none"
    inversions: str | None = None
    """For example "8-10"."""
    handling: tuple[str, ...] = ()
    """For example ("On ice", "Keep dark")."""
    tests: tuple[str, ...] = ()
    accession: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage of an order's life."""

    text: str
    state: StepState
    at: datetime | None = None
    by: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of a history."""

    text: str
    at: datetime
    by: str | None = None
    detail: str | None = None
    tone: Tone = "neutral"
    icon: str = "dot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """An earlier value of the same measurement."""

    value: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One measured value. `value` is shown exactly as it is kept: `4.10` stays `4.10`."""

    name: str
    value: Decimal | str | None
    """`None`: not measured; a str is a coded or textual value."""
    unit: str | None
    flag: ResultFlag | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    range_text: str | None = None
    """Shown when the range is no pair of numbers; otherwise made of low and high, or "no range"."""
    status: WorkStatus = "final"
    at: datetime | None = None
    priors: tuple[Prior, ...] = ()
    """Earlier values, oldest first."""
    note: str | None = None
    url: str | None = None
    """Where its trend is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason against an act, with its words: what stands against it, and what to do."""

    code: str
    words: str
    remedy: str
    overridable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One tab: a link to the same page in another view."""

    text: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    text: str
    numeric: bool = False
    sort_url: str | None = None
    sorted: Literal["ascending", "descending"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Where we are in a long list. Cursors, not page numbers: the list may grow while somebody reads."""

    shown: int
    total: int | None = None
    previous_url: str | None = None
    next_url: str | None = None
