"""The product's settings with the style pages as the whole site: no other part is loaded, no database is touched."""

from tests.settings import *  # noqa: F403 # settings are modules of names
from tests.settings import MIDDLEWARE as _MIDDLEWARE

INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.staticfiles", "benchside.site", "benchside.pages"]
AUTH_USER_MODEL = "auth.User"  # named by the product's settings; nobody signs in here
ROOT_URLCONF = "tests.pages.urls"
LANGUAGES = [("en", "English"), ("es", "Español")]
LANGUAGE_COOKIE_NAME = "benchside_language"
_WITHOUT_ACCOUNTS = [name for name in _MIDDLEWARE if not name.endswith(("PageSessions", "PagePerson", "LocaleMiddleware"))]
MIDDLEWARE = _WITHOUT_ACCOUNTS
TIME_ZONE = "America/Chicago"
