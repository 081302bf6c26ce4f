"""What a person's role is called in the reader's language."""

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _

from benchside.pages.codes import N_

TITLES: Final = {
    "clinician": N_("Clinician"),
    "technician.junior": N_("Junior technician"),
    "technician": N_("Technician"),
    "technician.senior": N_("Senior technician"),
    "technician.lead": N_("Lead technician"),
    "front-desk": N_("Front desk"),
    "biller": N_("Biller"),
    "biomedical-engineer": N_("Biomedical engineer"),
    "administrator": N_("Administrator"),
    "patient": N_("Patient"),
}


def role_words(roles: Sequence[str]) -> str:
    """Name the roles of a person, most telling first, at most two; words for none."""
    return ", ".join(_(TITLES.get(role, role)) for role in roles[:2]) or _("no role yet")
