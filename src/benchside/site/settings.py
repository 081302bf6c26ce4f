"""Django settings. Everything a site may change is an environment variable, listed in docs/settings.md."""

import os
from importlib.util import find_spec

from benchside.site.databases import database_settings
from benchside.site.home import home_folder, secret_key



def _when_importable(name: str) -> list[str]:
    try:
        return [name] if find_spec(f"{name}.apps") else []
    except (ImportError, NotImplementedError):
        return []


BENCHSIDE_HOME = home_folder()
SECRET_KEY = secret_key(BENCHSIDE_HOME)
DEBUG = os.environ.get("BENCHSIDE_DEBUG", "") == "1"
PUBLIC_URL = os.environ.get("BENCHSIDE_PUBLIC_URL", "")
ALLOWED_HOSTS = os.environ.get("BENCHSIDE_ALLOWED_HOSTS", "localhost 127.0.0.1 [::1]").split()

DATABASES = {"default": database_settings(os.environ.get("BENCHSIDE_DATABASE_URL", ""), BENCHSIDE_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django_tasks",
    "django_tasks_db",
    "benchside.accounts",
    *_when_importable("benchside.record"),
]
AUTH_USER_MODEL = "accounts.Person"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

ROOT_URLCONF = "benchside.site.urls"
WSGI_APPLICATION = "benchside.site.wsgi.application"
MIDDLEWARE: list[str] = []

USE_TZ = True
TIME_ZONE = os.environ.get("BENCHSIDE_TIME_ZONE", "UTC")
USE_I18N = True
LANGUAGE_CODE = "en"
