"""What the gate remembers beside the record: requests, evidence, refusals, overrides, the site's own rules.

No row names a patient. Times are when the act happened, as it was told.
"""

from django.db import models

REQUEST_KEY_LENGTH_MAX = 200


class Request(models.Model):
    """A form or message that was done, by the key it came with: the same key gives the same answer and does nothing."""

    person = models.CharField(max_length=120)
    key = models.CharField(max_length=REQUEST_KEY_LENGTH_MAX)
    act = models.CharField(max_length=60)
    fingerprint = models.CharField(max_length=64)
    answer = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        """One row a person and key."""

        db_table = "readiness_request"
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="readiness_request_once")]  # noqa: RUF012 - Django reads it so
        indexes = [models.Index(fields=["at"], name="readiness_request_at")]  # noqa: RUF012 - Django reads it so

    def __str__(self) -> str:
        return f"{self.person} {self.act}"


class Evidence(models.Model):
    """One performed act of one person: what competence is computed from. `commit` is its number in the record."""

    practitioner = models.CharField(max_length=120)
    act = models.CharField(max_length=60)
    variant = models.CharField(max_length=60, blank=True)
    role = models.CharField(max_length=60)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=40)
    supervised_by = models.CharField(max_length=120, blank=True)
    commit = models.BigIntegerField()

    class Meta:
        """Looked up by person and act, newest first."""

        db_table = "readiness_evidence"
        indexes = [  # noqa: RUF012 - Django reads it so
            models.Index(fields=["practitioner", "act", "-at"], name="readiness_evidence_person"),
            models.Index(fields=["act", "at"], name="readiness_evidence_act"),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner} {self.act}"


class RefusedAct(models.Model):
    """One reason of one refused act; the rows of one refusal share `attempt`."""

    attempt = models.UUIDField(db_index=True)
    practitioner = models.CharField(max_length=120)
    act = models.CharField(max_length=60)
    code = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        """Counted by time and code."""

        db_table = "readiness_refusal"
        indexes = [models.Index(fields=["at", "code"], name="readiness_refusal_at")]  # noqa: RUF012 - Django reads it so

    def __str__(self) -> str:
        return f"{self.act} {self.code}"


class OverriddenAct(models.Model):
    """One act done in spite of reasons: which, why (coded), and who must have looked at it by when.

    The performer's own words are in the record, on the review task: they may speak of the patient.
    """

    practitioner = models.CharField(max_length=120)
    act = models.CharField(max_length=60)
    reason = models.CharField(max_length=60)
    codes = models.TextField()
    at = models.DateTimeField()
    review_due = models.DateTimeField()
    task = models.CharField(max_length=64, unique=True)
    commit = models.BigIntegerField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.CharField(max_length=120, blank=True)

    class Meta:
        """Reviewed in order of their due time."""

        db_table = "readiness_override"
        indexes = [models.Index(fields=["reviewed_at", "review_due"], name="readiness_override_due")]  # noqa: RUF012 - Django reads it so

    def __str__(self) -> str:
        return f"{self.practitioner} {self.act}"


class SiteRules(models.Model):
    """The site's own requirements, every change a row; the newest holds. `rules` as `merge_site_rules` takes them."""

    rules: "models.JSONField[dict[str, dict[str, object]]]" = models.JSONField()
    author = models.CharField(max_length=120)
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        """Few rows, read by their number."""

        db_table = "readiness_site_rules"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {self.author}"
