"""Settings; everything that differs between installations comes from the environment.

DATABASE_URL    which PostgreSQL (15 or newer); the scripts set it to the embedded one
SECRET_KEY      required unless DEBUG=1
DEBUG           1 shows error details; never on a server others reach
ALLOWED_HOSTS   comma separated, this machine's own names by default
PUBLIC_URL      where customers reach this program, for QR codes; the company's settings go first
TRUSTED_ORIGINS comma separated origins (https://shop.example) behind a TLS front
SECURE          1 when served over HTTPS: secure cookies, HSTS, redirect to https
TRUSTED_PROXIES how many proxies of yours are in front: 1 when SECURE, else 0 by default
EMAIL_URL       smtp://name:password@mail.example:587/?tls=1 (smtps:// for TLS from the start):
                sends links to choose a password; without it no mail is sent
EMAIL_FROM      the sender of such mail
PUBLIC_RATE     how often one address may ask for public pages: 60/m, sixty a minute, by default
"""

import datetime as dt
import os
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from .mail import mail_server

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"


def _flag(name: str, default: str = "0") -> bool:
    return os.environ.get(name, default).lower() in {"1", "true", "yes", "on"}


def _words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


DEBUG = _flag("DEBUG")
SECRET_KEY = os.environ.get("SECRET_KEY", "")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured("Set SECRET_KEY (script/server makes one), or DEBUG=1.")
    SECRET_KEY = "only-for-debugging-" + "x" * 40
ALLOWED_HOSTS = _words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _words("TRUSTED_ORIGINS")
PUBLIC_URL = os.environ.get("PUBLIC_URL", "")

INSTALLED_APPS = [
    "backoffice",
    "inventory",
    "repairs",
    "documents",
    "warranty",
    "serials",
    "products",
    "partners",
    "company",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django_ratelimit",
    "template_partials",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "company.middleware.SeenMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "company.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "company.middleware.PersonMiddleware",
    "company.middleware.BusyMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "backoffice.context.shell",
            ],
        },
    },
]

# A connection is kept for ten minutes: making one per request costs ten times the request.
# The lock timeout turns a stuck lock into a message instead of a hung till.
DATABASES = {
    "default": dj_database_url.config(
        default="postgresql://localhost/unitbook",
        conn_max_age=600,
        conn_health_checks=True,
    )
}
_options = DATABASES["default"].setdefault("OPTIONS", {})
_options["options"] = f"{_options.get('options', '')} -c lock_timeout=15s".strip()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "company.User"
LOGIN_URL = "company:sign_in"
LOGIN_REDIRECT_URL = "backoffice:home"
LOGOUT_REDIRECT_URL = "company:sign_in"
# Length and nothing guessable, no rules of composition: NIST SP 800-63B-4, 3.1.1.2; the forms
# take up to 128 characters.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
    )
]

# Wrong passwords are counted by name and address, and by address: company/throttling.py.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_HANDLER = "company.throttling.Failures"
AXES_CLIENT_IP_CALLABLE = "company.client_address.client_address"
AXES_USERNAME_CALLABLE = "company.throttling.name_tried"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = dt.timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "held", "next", "csrfmiddlewaretoken"]

# Without a mail server nothing is mailed, and nothing offers to.
_mail = mail_server(os.environ.get("EMAIL_URL", ""))
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.tls_first, _mail.tls_later
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM") or _mail.user or "unitbook@localhost"

# What strangers see is counted by address, in PostgreSQL: all web processes share it.
TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES") or _flag("SECURE"))
PUBLIC_RATE = os.environ.get("PUBLIC_RATE", "60/m")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "request_counts": {"BACKEND": "company.request_counts.RequestCounts"},
}
RATELIMIT_USE_CACHE = "request_counts"
RATELIMIT_IP_META_KEY = "company.client_address.client_address"
# W001 says that our backend is none of the three django-ratelimit knows. It is shared and atomic:
# tests/company/test_request_counts.py.
# axes.W002 misses a middleware of axes: the sign-in page itself says when to try again.
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.W001", "axes.W002"]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("uk", "Українська")]  # each called as its speakers call it
FORMAT_MODULE_PATH = ["config.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
MEDIA_ROOT = VAR_DIR / "media"

# Forms carry whole columns of pasted serials: 10,000 of 80 Cyrillic characters, each of which
# takes six bytes on the way, are 4.8 MB.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "company.held_views.stale_form"
# A sign-in ends after a week at the latest, and sooner when it rests: Company.idle_minutes.
SESSION_ENGINE = "company.sessions"
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
if _flag("SECURE"):
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
        "weasyprint": {"level": "ERROR"},
    },
}
