"""The test runs' settings with the style pages as the whole site: no database is touched."""

from tests.settings import *  # noqa: F403 # settings are modules of names
from tests.settings import INSTALLED_APPS as _APPS
from tests.settings import MIDDLEWARE as _MIDDLEWARE

INSTALLED_APPS = [*(app for app in _APPS if app != "benchside.pages"), "benchside.pages"]
ROOT_URLCONF = "tests.pages.urls"
LANGUAGES = [("en", "English"), ("es", "Español")]
LANGUAGE_COOKIE_NAME = "benchside_language"
MIDDLEWARE = [m for m in _MIDDLEWARE if not m.endswith(("PagePerson", "LocaleMiddleware"))] + ["django.middleware.locale.LocaleMiddleware"]
TIME_ZONE = "America/Chicago"
