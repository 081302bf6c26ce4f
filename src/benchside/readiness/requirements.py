"""What each act requires, as typed data: read from `acts.yaml`, checked, and looked up by the engine."""

from functools import cache
from typing import Any, Literal

import msgspec

from benchside.terms.package_data import package_table

Permission = Literal["alone", "supervised"]
Kind = Literal["order", "interpret", "decide", "treat", "prepare", "collect", "measure", "operate", "record", "supervise", "manage"]

SIGNATURE_VALID_S = 120
"""A re-authentication counts as a signature for this long (our choice)."""

REASON_LENGTH_MIN, REASON_LENGTH_MAX = 5, 500


class UnknownAct(LookupError):
    """There is no such act in the requirements; acts are named in readiness/acts.yaml."""


class SiteRulesInvalid(ValueError):
    """The site's rules do not fit; every fault is in `faults`, each with the act and what to do."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        """Take every fault."""
        super().__init__("\n".join(faults))
        self.faults = faults


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name in the languages of the house."""

    en: str
    es: str

    def text(self, language: str) -> str:
        """Return the name in `language`; English for a language without one."""
        return self.es if language == "es" else self.en


class Role(Term, frozen=True, forbid_unknown_fields=True):
    """A profession, for technicians with a level, and the credentials that must be current to act at all."""

    profession: str = msgspec.field()
    credentials: tuple[str, ...] = ()
    level: str | None = None


class Supervision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may supervise, and whether they must be there or may co-sign within `cosign_within_min` minutes."""

    mode: Literal["present", "cosign"]
    by: tuple[str, ...]
    cosign_within_min: int | None = None


class Identification(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many identifiers must agree, and for how many minutes an identification holds."""

    identifiers_min: int
    valid_min: int


class OverrideRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may set which reasons aside, for which coded causes, and by when a lead must have looked at it.

    `only_by` narrows the roles for single codes: a child's blood limit is the clinician's to set aside.
    """

    by: tuple[str, ...]
    reasons: tuple[str, ...]
    review_within_h: int
    codes: tuple[str, ...]
    only_by: dict[str, tuple[str, ...]] = {}


class SiteMay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which fields a site may make stricter, and which looser."""

    tighten: tuple[str, ...] = ()
    loosen: tuple[str, ...] = ()


class Act(Term, frozen=True, forbid_unknown_fields=True):
    """The requirements of one act; a role that is not in `roles` may not perform it."""

    kind: Kind = msgspec.field()
    roles: dict[str, Permission] = msgspec.field()
    site: SiteMay = msgspec.field()
    source: str = msgspec.field()
    competence: tuple[str, ...] = ()
    competence_by: dict[str, tuple[str, ...]] = {}
    competence_professions: tuple[str, ...] = ("technician", "nurse")
    competence_of_subject: bool = False
    untrained: Literal["no", "supervised"] = "supervised"
    supervision: Supervision | None = None
    patient: bool = False
    identification: Identification | None = None
    order: Literal["none", "active"] = "none"
    consent: Literal["none", "implied", "verbal", "written"] = "none"
    precautions: bool = False
    equipment: tuple[str, ...] = ()
    equipment_state: Literal["fit", "any"] = "fit"
    lots: tuple[str, ...] = ()
    not_after_self: tuple[str, ...] = ()
    not_self_subject: bool = False
    reason: bool = False
    signature: bool = False
    override: OverrideRule | None = None


class Requirements(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All acts, and the names of what they mention."""

    version: int
    roles: dict[str, Role]
    competences: dict[str, Term]
    credentials: dict[str, Term]
    equipment: dict[str, Term]
    lots: dict[str, Term]
    acts: dict[str, Act]
    groups: dict[str, Any] = {}  # YAML anchors only; nothing reads them

    def act(self, name: str) -> Act:
        """Return the requirements of an act; raises UnknownAct."""
        try:
            return self.acts[name]
        except KeyError:
            raise UnknownAct(f"There is no act {name!r}.") from None

    def role_of(self, profession: str, level: str | None) -> str | None:
        """Return the role a profession and level make, or None. A level only counts where roles of it have one."""
        for name, role in self.roles.items():
            if role.profession == profession and role.level in (None, level):
                return name
        return None

    def names(self, language: str) -> dict[str, str]:
        """Return what `role:nurse`, `act:order`, `competence:venipuncture` and their like are called in `language`."""
        groups: dict[str, dict[str, Any]] = {
            "role": self.roles,
            "competence": self.competences,
            "credential": self.credentials,
            "equipment": self.equipment,
            "lot": self.lots,
            "act": self.acts,
        }
        return {f"{prefix}:{name}": term.text(language) for prefix, terms in groups.items() for name, term in terms.items()}


def faults_of(requirements: Requirements) -> tuple[str, ...]:
    """List everything that does not hang together: names that are not defined, times out of their limits."""
    faults: list[str] = []
    for name, act in requirements.acts.items():

        def check(given: tuple[str, ...] | dict[str, Any], known: dict[str, Any], what: str, act_name: str = name) -> None:
            faults.extend(f"{act_name}: there is no {what} {item!r}." for item in given if item not in known)

        check(act.roles, requirements.roles, "role")
        check(act.competence, requirements.competences, "competence")
        for variant, competences in act.competence_by.items():
            check(competences, requirements.competences, f"competence (for {variant})")
        check(act.equipment, requirements.equipment, "kind of equipment")
        check(act.lots, requirements.lots, "kind of lot")
        check(act.not_after_self, requirements.acts, "act")
        if act.supervision is not None:
            check(act.supervision.by, requirements.roles, "role")
            if act.supervision.mode == "cosign" and not 1 <= (act.supervision.cosign_within_min or 0) <= 10080:
                faults.append(f"{name}: a co-signature needs a time of 1 to 10080 minutes.")
        if "supervised" in act.roles.values() and act.supervision is None:
            faults.append(f"{name}: a supervised role needs a rule of supervision.")
        if act.identification is not None and not (
            1 <= act.identification.identifiers_min <= 5 and 1 <= act.identification.valid_min <= 1440
        ):
            faults.append(f"{name}: identification takes 1 to 5 identifiers and holds 1 to 1440 minutes.")
        if act.override is not None:
            check(act.override.by, act.roles, "role of this act")
            faults.extend(
                f"{name}: {code} is not among the override's codes." for code in act.override.only_by if code not in act.override.codes
            )
            for code, roles in act.override.only_by.items():
                check(roles, dict.fromkeys(act.override.by), f"role of the override (for {code})")
            if not 1 <= act.override.review_within_h <= 720 or not act.override.reasons:
                faults.append(f"{name}: an override needs reasons, and a review within 1 to 720 hours.")
    for name, role in requirements.roles.items():
        faults.extend(f"{name}: there is no credential {item!r}." for item in role.credentials if item not in requirements.credentials)
    return tuple(faults)


@cache
def package_requirements() -> Requirements:
    """Return the requirements that ship with the product. Raises SiteRulesInvalid when the table is not sound."""
    requirements = package_table("benchside.readiness", "acts.yaml", Requirements)
    if faults := faults_of(requirements):
        raise SiteRulesInvalid(faults)
    return requirements
