"""Django settings. What a site may change is in options.py; everything here follows from it."""

from urllib.parse import urlsplit

from benchside.site.databases import database_settings
from benchside.site.home import home_folder, secret_key
from benchside.site.logs import log_settings
from benchside.site.options import read_options

BENCHSIDE_HOME = home_folder()
_options = read_options(BENCHSIDE_HOME)

SECRET_KEY = secret_key(BENCHSIDE_HOME)
DEBUG = False  # No option turns it on: its error pages show what is in memory, and here that is patients.
PUBLIC_URL: str = _options["public_url"]
_public = urlsplit(PUBLIC_URL)
_https = _public.scheme == "https"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *filter(None, [_public.hostname]), *_options["allowed_hosts"]]
BEHIND_PROXY: bool = _options["behind_proxy"]
WEB_WORKERS: int = _options["web_workers"]
WEB_THREADS: int = _options["web_threads"]
BENCHSIDE_FHIR_CORS_ORIGINS: list[str] = _options["fhir_cors_origins"]
BENCHSIDE_FHIR_LIMITS: dict[str, int] = _options["fhir_limits"]
BENCHSIDE_PRINT_TASK = "benchside.wire.printing.tasks.print_labels"  # What an act queues with the labels it asks for.
BENCHSIDE_RECORD_POLICY = "benchside.site.views.site_policy"  # What every door's record follows: benchside/record/site.py.

DATABASES = {"default": database_settings(_options["database_url"], BENCHSIDE_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_tasks",
    "django_tasks_db",
    "benchside.site",
    "benchside.accounts",
    "benchside.record",
    "benchside.readiness",
    "benchside.pages",
    "benchside.workplace",
    "benchside.areas.laboratory",
    "benchside.areas.bedside",
    "benchside.areas.reception",
    "benchside.areas.staff",
    "benchside.wire.fhir_api",
    "benchside.wire.inbox",
]
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

ROOT_URLCONF = "benchside.site.urls"
WSGI_APPLICATION = "benchside.site.wsgi.application"
MIDDLEWARE = [
    "benchside.site.doors.Headers",
    "benchside.site.doors.PageSecurity",
    "benchside.site.doors.PageSessions",
    "benchside.site.doors.PageForgery",
    "benchside.site.doors.PagePerson",
    "benchside.site.doors.PageLanguage",
]
FHIR_PATH = "/fhir"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {"environment": "benchside.pages.environment.environment"},
    },
]
STATIC_URL = "static/"
STORAGES = {"staticfiles": {"BACKEND": "benchside.site.assets.DigestStorage"}}
CSRF_FAILURE_VIEW = "benchside.site.problems.not_permitted"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # Forms of pages; the FHIR API has its own, larger limit.

# Sign-in
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["benchside.accounts.sign_in.PasswordBackend"]
# scrypt: memory-hard, in Python itself, at the strength that OWASP names (N=2^14, r=8, p=5). See docs/decisions.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_validators = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_validators}.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ("username", "name")}},
    {"NAME": f"{_validators}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_validators}.CommonPasswordValidator"},
    {"NAME": f"{_validators}.NumericPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
SESSION_COOKIE_NAME = "__Host-benchside-session" if _https else "benchside-session"
SESSION_COOKIE_AGE = 12 * 60 * 60  # One shift.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-benchside-csrf" if _https else "benchside-csrf"
CSRF_COOKIE_SECURE = _https
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"] if PUBLIC_URL else []

# Transport
SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False  # Other services of the site's domain are not ours to decide about.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

USE_TZ = True
TIME_ZONE: str = _options["time_zone"]
USE_I18N = True
LANGUAGE_CODE: str = _options["language"]
LANGUAGES = [("en", "English"), ("es", "Español")]
LANGUAGE_COOKIE_NAME = "benchside_language"

# Screens
BENCHSIDE_SITE_NAME: str = _options["site_name"]
BENCHSIDE_LOCK_AFTER_S: int = 60 * _options["lock_minutes"]
BENCHSIDE_IDLE_S = BENCHSIDE_LOCK_AFTER_S + 600  # The server's own lock; the page's comes first, unless it was left or has no scripts.
BENCHSIDE_TABLET_COOKIE = "__Host-benchside-tablet" if _https else "benchside-tablet"

LOGGING = log_settings(BENCHSIDE_HOME, _options["log_level"])
