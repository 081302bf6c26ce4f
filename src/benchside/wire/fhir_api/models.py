"""Rows of the API that are no clinical data: export jobs and the files that they write."""

from typing import ClassVar

from django.db import models


class ExportJob(models.Model):
    """One bulk export, from the request until its files are removed.

    `filters` are the queries of `_typeFilter` by type. `place` is how far the work has come, as JSON; `seen_at` is the moment whose state is exported (Bulk Data's
    transactionTime); `lease_until` keeps two workers from the same job, and lets another take over when one died.
    """

    ACCEPTED, FINISHED, FAILED, CANCELLED = "accepted", "finished", "failed", "cancelled"

    id = models.CharField(max_length=32, primary_key=True)
    owner = models.CharField(max_length=300)
    level = models.CharField(max_length=10)
    request = models.TextField()
    base = models.TextField()
    types = models.JSONField(default=list)
    group = models.CharField(max_length=64, blank=True)
    patients = models.JSONField(null=True)
    filters = models.JSONField(default=dict)
    since = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    status = models.CharField(max_length=10, default=ACCEPTED)
    place = models.JSONField(default=dict)
    resources = models.BigIntegerField(default=0)
    incident = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["status", "lease_until"], name="fhir_api_export_waiting")]

    def __str__(self) -> str:
        return f"{self.level} export {self.id}"


class ExportFile(models.Model):
    """One NDJSON file of a job. `bytes` is how much of it is committed: what lies beyond was cut off by a crash."""

    job_id: str  # what Django adds for the foreign key
    job = models.ForeignKey(ExportJob, on_delete=models.CASCADE, related_name="files")
    resource_type = models.CharField(max_length=64)
    number = models.IntegerField()
    resources = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["job", "resource_type", "number"], name="fhir_api_export_file_once")
        ]

    def __str__(self) -> str:
        return f"{self.resource_type}.{self.number}.ndjson"
