"""The readiness gate: may this be done now, by this person, with this equipment, on this patient?

`assess` lists every reason against an act, as data; `acts.yaml` says what each act requires; a site merges its own
values over it. Nothing here reads a clock or a database: facts come in, reasons go out.
"""

from benchside.readiness.engine import assess, cautions
from benchside.readiness.explanation import Explanation, explain
from benchside.readiness.facts import (
    Competence,
    Consent,
    Credential,
    Equipment,
    Facts,
    Lot,
    Order,
    PatientIdentification,
    Performer,
    Supervisor,
)
from benchside.readiness.matrix import matrix
from benchside.readiness.override import Override, OverrideDecision, apply_override
from benchside.readiness.requirements import (
    Requirements,
    SiteRulesInvalid,
    package_requirements,
)
from benchside.readiness.site_rules import merge_site_rules

__all__ = [
    "Competence",
    "Consent",
    "Credential",
    "Equipment",
    "Explanation",
    "Facts",
    "Lot",
    "Order",
    "Override",
    "OverrideDecision",
    "PatientIdentification",
    "Performer",
    "Requirements",
    "SiteRulesInvalid",
    "Supervisor",
    "apply_override",
    "assess",
    "cautions",
    "explain",
    "matrix",
    "merge_site_rules",
    "package_requirements",
]
