"""Django's handle on the record: its migrations."""

from django.apps import AppConfig


class RecordConfig(AppConfig):
    """Tables are made by SQL (sql/schema.sql), not by models: the record is not an ORM's business."""

    name = "benchside.record"
    label = "record"
