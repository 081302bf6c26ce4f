"""What the gate is told: the person, the patient, the order, the equipment, as it stands at the moment of the act."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time; a missing end means open. `start` belongs to it, `end` does not."""

    start: datetime | None = None
    end: datetime | None = None

    def state(self, at: datetime) -> Literal["not-yet", "current", "lapsed"]:
        """Say where `at` lies."""
        if self.start is not None and at < self.start:
            return "not-yet"
        if self.end is not None and at >= self.end:
            return "lapsed"
        return "current"


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential of a person: `authorisation`, `licence` or one the site adds; `withdrawn` beats its period."""

    kind: str
    period: Period
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Competence:
    """A signed-off ability of a person, such as `venipuncture`, with the time it is good for."""

    name: str
    period: Period
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Performer:
    """Who acts. `level` is only asked of technicians: junior, technician, senior, lead."""

    reference: str
    profession: str
    level: str | None = None
    active: bool = True
    credentials: tuple[Credential, ...] = ()
    competences: tuple[Competence, ...] = ()


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Who supervises: present at the act, or has agreed to co-sign it within the act's time."""

    person: Performer
    present: bool = False
    will_cosign: bool = False


@dataclass(frozen=True, slots=True)
class PatientIdentification:
    """How the patient was identified. `matched` and `differed` name identifiers: `name`, `birth-date`, `record-number`.

    `at` is the moment of the last comparison. `patient` is who was identified, `order_patient` whom the order is for.
    """

    at: datetime
    patient: str
    matched: frozenset[str]
    differed: tuple[str, ...] = ()
    order_patient: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """The order the act carries out. `status` is FHIR's request-status; `done` says that this act was done for it already."""

    reference: str
    status: str
    done: bool = False
    not_before: datetime | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """What the patient said: `implied`, `verbal` or `written`; a refusal or withdrawal is kept here too."""

    form: Literal["implied", "verbal", "written"]
    refused: bool = False
    withdrawn: bool = False
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Equipment:
    """A device as its record stands. `lock` is the policy of its kind when calibration is overdue (facts calibration.yaml).

    `qc` is `not-required`, `passed`, `due` or `failed`; `qc_valid_until` bounds a pass.
    """

    reference: str
    kind: str
    in_service: bool = True
    out_of_service_reason: str = ""
    calibration_due: datetime | None = None
    calibration_failed: bool = False
    lock: Literal["block", "warn", "warn-then-block"] = "block"
    grace_days: int = 0
    qc: Literal["not-required", "passed", "due", "failed"] = "not-required"
    qc_valid_until: datetime | None = None
    clean: bool = True


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot of tubes, reagent, strips or control material. `expires_on` is the last day it may be used."""

    kind: str
    number: str
    expires_on: date
    opened_until: datetime | None = None
    recalled: bool = False
    accepted: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the gate looks at for one act. What does not apply to an act is left out.

    `variant` chooses the competence where an act has several ways (`capillary`). `earlier` tells who did an earlier act
    on the same thing (`{"enter_result": "Practitioner/7"}`). `subject` is the colleague an act of supervision is about.
    `signed_at` is when the performer last proved who they are for this act. `today` is the date at the site, for expiry.
    """

    performer: Performer
    today: date
    variant: str | None = None
    supervisor: Supervisor | None = None
    identification: PatientIdentification | None = None
    order: Order | None = None
    consent: Consent | None = None
    equipment: tuple[Equipment, ...] = ()
    lots: tuple[Lot, ...] = ()
    earlier: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    subject: str | None = None
    competence_in_question: str | None = None
    precautions: frozenset[str] = frozenset()
    precautions_acknowledged: frozenset[str] = frozenset()
    signed_at: datetime | None = None
    reason: str = ""
