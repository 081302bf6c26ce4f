"""Accounts as a Django application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Sign-in, systems, tokens and roles."""

    name = "benchside.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
