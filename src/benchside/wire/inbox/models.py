"""One row for everything that came over a link, in the order in which it came."""

from typing import ClassVar

from django.db import models

LINK_CHARACTERS_MAX = 80
CONTROL_ID_CHARACTERS_MAX = 200


class Received(models.Model):
    """What came, byte for byte, and what became of it. Rows are never removed while they wait for somebody.

    `again` counts how often the same bytes under the same control id came once more; `reason` says in words why it is held.
    """

    WAITING, DONE, HELD, BROKEN = "waiting", "done", "held", "broken"

    link = models.CharField(max_length=LINK_CHARACTERS_MAX)
    control_id = models.CharField(max_length=CONTROL_ID_CHARACTERS_MAX, blank=True)
    digest = models.CharField(max_length=64)
    raw = models.BinaryField()
    received_us = models.BigIntegerField()
    state = models.CharField(max_length=10)
    reason = models.TextField(blank=True)
    again = models.IntegerField(default=0)
    handled_us = models.BigIntegerField(null=True)

    class Meta:
        """Found again by what the sender calls it; taken up by link in order."""

        db_table = "wire_received"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["link", "control_id"], name="wire_received_control"),
            models.Index(fields=["state", "link", "id"], name="wire_received_state"),
        ]

    def __str__(self) -> str:
        return f"{self.link} {self.control_id or self.pk}"
