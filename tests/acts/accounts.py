"""Accounts for the invented clinic's staff, so that they can sign in to screens."""

from benchside.accounts.models import Person
from tests.acts.clinic import STAFF

PASSWORD = "heron-slate-meadow-plum"
ACCOUNT_ROLES = {
    "junior_technician": "technician.junior",
    "technician": "technician",
    "senior_technician": "technician.senior",
    "lead_technician": "technician.lead",
    "nurse": "clinician",
    "physician": "clinician",
    "front_desk": "front-desk",
}


def open_accounts() -> dict[str, Person]:
    """Make an account for everybody of the clinic, and `ada`, who administers it and is not in the record."""
    made = {
        own: Person.objects.add(
            own, f"{own.title()} {family}", roles=[ACCOUNT_ROLES[role]], reference=f"Practitioner/{own}", password=PASSWORD
        )
        for own, role, family in STAFF
    }
    made["ada"] = Person.objects.add("ada", "Ada Admin", roles=["administrator"], password=PASSWORD)
    return made
