"""Django's handle on the inbox: its rows."""

from django.apps import AppConfig


class InboxConfig(AppConfig):
    """The inbox as an installed app."""

    name = "benchside.wire.inbox"
    label = "inbox"
    default_auto_field = "django.db.models.BigAutoField"
