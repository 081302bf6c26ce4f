"""The wrong-patient guard of a form, server side.

Every form about a patient carries a token made for that patient and that person. A form drawn for one patient and posted to
another's address, by a stale tab or a browser's back button, does not match, and nothing is written. The device's own guard (a
second patient open in another tab) warns earlier; this one decides.
"""

import hashlib
import hmac

FIELD = "patient_check"
_PURPOSE = b"benchside.pages.patient_check:"


def token(*, patient: str, person: str, site_secret: str) -> str:
    """Make the token for a form about `patient` (`Patient/12`) drawn for `person` (`Practitioner/17`)."""
    message = _PURPOSE + len(patient).to_bytes(4, "big") + patient.encode() + person.encode()
    return hmac.new(site_secret.encode(), message, hashlib.sha256).hexdigest()


def matches(sent: str | None, *, patient: str, person: str, site_secret: str) -> bool:
    """Say whether the form was drawn for this patient and this person; a missing token never matches."""
    expected = token(patient=patient, person=person, site_secret=site_secret)
    return sent is not None and hmac.compare_digest(sent.encode(), expected.encode())
