"""What the laboratory keeps beside the record: labels on their way through a printer. Rows hold ids, never a patient's data."""

from django.db import models

STATES = ("waiting", "printing", "printed", "failed")


class PrintJob(models.Model):
    """One set of labels asked for at one printer, written in the act's own transaction; the worker prints it.

    `waiting`: not begun. `printing`: handed to the printer. `printed`: the printer (or a person, `confirmed_by`) said that all are
    out. `failed`: not confirmed, with `reasons` (code and facts); `was_sent` says that labels may have come out all the same.
    """

    kind = models.CharField(max_length=20)
    work = models.CharField(max_length=64, blank=True)
    patient = models.CharField(max_length=64)
    specimens: "models.JSONField[list[str]]" = models.JSONField(default=list)
    copies: "models.JSONField[dict[str, int]]" = models.JSONField(default=dict)
    reason = models.CharField(max_length=40, blank=True)
    reason_text = models.CharField(max_length=200, blank=True)
    printer = models.CharField(max_length=64)
    person = models.CharField(max_length=120)
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=20, default="waiting")
    reasons: "models.JSONField[list[tuple[str, dict[str, str]]]]" = models.JSONField(default=list)
    was_sent = models.BooleanField(default=False)
    confirmed_by = models.CharField(max_length=120, blank=True)
    asked_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        """Read by the work they are for, newest first; and by state, for what a dead worker left."""

        db_table = "laboratory_print_job"
        indexes = [  # noqa: RUF012 - Django reads it so
            models.Index(fields=["work", "-id"], name="laboratory_print_job_work"),
            models.Index(fields=["patient", "-id"], name="laboratory_print_job_patient"),
            models.Index(fields=["state", "changed_at"], name="laboratory_print_job_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
