"""Rows about the running of the site itself."""

from django.db import models


class WorkerBeat(models.Model):
    """The last sign of life of a worker process."""

    worker = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.worker
